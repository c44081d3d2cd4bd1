/** The section that runs functions. It runs in the browser. */
import type { Section, Ui } from './ui.ts'

interface ListedFunction { component: string, name: string, kind: string, visibility: string, args: any }
interface User { subject: string, label: string }

export function functionsSection(ui: Ui): Section {
  const { el } = ui
  const hrefOf = ({ component, name }: ListedFunction): string =>
    `#/functions/${encodeURIComponent(name)}/${encodeURIComponent(component)}`

  /** Example arguments for a validator, in which the developer changes the values. */
  function exampleOf(validator: any): unknown {
    switch (validator?.type) {
      case 'object':
        return Object.fromEntries(Object.entries<any>(validator.value)
          .filter(([, { optional }]) => !optional)
          .map(([name, { fieldType }]) => [name, exampleOf(fieldType)]))
      case 'string':
      case 'id':
        return ''
      case 'number':
        return 0
      case 'boolean':
        return false
      case 'array':
        return []
      case 'literal':
        return validator.value
      case 'union':
        return exampleOf(validator.value[0])
      case 'any':
        return {}
      default:
        return null
    }
  }

  function showFunction(root: HTMLElement, shown: ListedFunction, users: User[]): void {
    let subject = ''
    const args = el('textarea', { rows: '8', spellcheck: 'false' }) as HTMLTextAreaElement
    args.value = JSON.stringify(exampleOf(shown.args), null, 2)
    const result = el('div', { 'aria-live': 'polite' })
    const show = (title: string, value: unknown, lines: string[] = []): void => {
      result.replaceChildren(el('h3', {}, title), el('pre', { tabindex: '0' }, ui.long(value)))
      if (lines.length > 0)
        result.append(el('h3', {}, 'Console'), el('pre', { tabindex: '0' }, lines.join('\n')))
    }
    const run = async (): Promise<void> => {
      try {
        const { component, name } = shown
        const body = { component, name, args: JSON.parse(args.value), subject: subject || null }
        const answer = await ui.post('run', body)
        if (answer.status === 'success')
          show('Result', answer.value, answer.logLines)
        else
          show('Error', answer.errorMessage, answer.logLines)
      }
      catch (error) {
        show('Error', (error as Error).message)
      }
    }
    const options: [string, string][] = [['', 'anonymous']]
    for (const { subject, label } of users)
      options.push([subject, label])
    root.append(
      el('h2', {}, ui.titleOf(shown)),
      ui.note(`${shown.visibility} ${shown.kind}`),
      el(
        'form',
        {
          submit: (event) => {
            event.preventDefault()
            void run()
          },
        },
        ui.field('Arguments as JSON', args),
        el(
          'div',
          { class: 'bar' },
          ui.field('Run as', ui.select(options, subject, next => subject = next)),
          el('button', { type: 'submit', class: 'primary' }, 'Run'),
        ),
      ),
      result,
    )
  }

  return {
    async show(root, [name, component = '']) {
      const [functions, users]: [ListedFunction[], User[]] = await Promise.all([ui.get('functions'), ui.get('users')])
      const shown = functions.find(one => one.name === name && one.component === component) ?? functions[0]
      const links = functions.map(one =>
        el('li', {}, el('a', { 'href': hrefOf(one), 'aria-current': one === shown && 'page' }, ui.titleOf(one))))
      const content = el('div', { class: 'content' })
      const nav = el('nav', { 'aria-label': 'Functions' }, el('ul', {}, ...links))
      root.append(el('div', { class: 'columns' }, nav, content))
      if (shown)
        showFunction(content, shown, users)
      else
        content.append(ui.note('The functions folder has no functions.'))
    },
  }
}
