/** Helpers of the data viewer's sections in the browser: elements, requests, and formats. */

/** The attributes and listeners of an element. `true` is an attribute without a value. */
export type Attributes = Record<string, string | boolean | ((event: Event) => void)>

/** The helpers that each section receives. */
export interface Ui {
  /** Creates an element. A child that is a string becomes text, and is never read as HTML. */
  el: (tag: string, attributes?: Attributes, ...children: (Node | string)[]) => HTMLElement
  /** Requests JSON from the server. Rejects with the message that the server has sent. */
  get: (path: string, parameters?: Record<string, string>) => Promise<any>
  post: (path: string, body: unknown) => Promise<any>
  /** A table with a name, or a note if it has no rows. */
  table: (label: string, columns: string[], rows: (Node | string)[][], empty: string) => HTMLElement
  /** A field with a label. */
  field: (label: string, control: HTMLElement) => HTMLElement
  select: (options: [value: string, label: string][], value: string, onChange: (value: string) => void) => HTMLElement
  /** A value in one line. */
  short: (value: unknown) => string
  /** A value in several lines. */
  long: (value: unknown) => string
  /** The name of a table or of a function, with its component. */
  titleOf: (item: { component: string, name: string }) => string
  time: (ms: number) => HTMLElement
  /** A button that shows a value in a dialog. */
  inspect: (text: string, title: string, value: unknown) => HTMLElement
  note: (text: string) => HTMLElement
  /**
   * Replaces the content of an element. The focus and the scroll position remain at the same rows:
   * new rows are inserted before the others.
   */
  replace: (body: HTMLElement, content: HTMLElement) => void
  /** Runs `task` once a second, while the section is shown and the page is visible. */
  poll: (task: () => Promise<void>) => () => void
}

/** A section of the page. */
export interface Section {
  /** Shows the section. The returned function is called when another section is shown. */
  show: (root: HTMLElement, path: string[]) => Promise<(() => void) | void>
}

export function createUi(): Ui {
  const el: Ui['el'] = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === 'function')
        element.addEventListener(name, value)
      else if (value === true)
        element.setAttribute(name, '')
      else if (value !== false)
        element.setAttribute(name, value)
    }
    element.append(...children)
    return element
  }

  const read = async (response: Response): Promise<any> => {
    if (!response.ok)
      throw new Error(await response.text())
    return await response.json()
  }

  const asText = (value: unknown, indent?: number): string => {
    if (typeof value === 'string')
      return value
    return JSON.stringify(value, null, indent) ?? 'undefined'
  }

  const note: Ui['note'] = text => el('p', { class: 'note' }, text)

  const showDialog = (title: string, value: unknown): void => {
    const close = (event: Event): void => (event.currentTarget as HTMLElement).closest('dialog')!.close()
    const dialog = el(
      'dialog',
      { 'aria-label': title },
      el('div', { class: 'bar' }, el('h2', {}, title), el('button', { type: 'button', click: close }, 'Close')),
      el('pre', { tabindex: '0' }, asText(value, 2)),
    ) as HTMLDialogElement
    dialog.addEventListener('close', () => dialog.remove())
    document.body.append(dialog)
    dialog.showModal()
  }

  return {
    el,
    get: async (path, parameters = {}) =>
      await read(await fetch(`/__convue/api/${path}?${new URLSearchParams(parameters)}`)),
    post: async (path, body) => await read(await fetch(`/__convue/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })),
    table(label, columns, rows, empty) {
      if (rows.length === 0)
        return note(empty)
      return el(
        'div',
        { 'class': 'scroll', 'tabindex': '0', 'role': 'region', 'aria-label': label },
        el(
          'table',
          {},
          el('thead', {}, el('tr', {}, ...columns.map(column => el('th', { scope: 'col' }, column)))),
          el('tbody', {}, ...rows.map(cells => el('tr', {}, ...cells.map(cell => el('td', {}, cell))))),
        ),
      )
    },
    field: (label, control) => el('label', {}, el('span', {}, label), control),
    select: (options, value, onChange) => el(
      'select',
      { change: event => onChange((event.target as HTMLSelectElement).value) },
      ...options.map(([key, label]) => el('option', { value: key, selected: key === value }, label)),
    ),
    short: value => value === undefined ? '' : asText(value),
    long: value => asText(value, 2),
    time: (ms) => {
      const date = new Date(ms)
      return el('time', { datetime: date.toISOString(), title: date.toISOString() }, date.toLocaleString())
    },
    inspect: (text, title, value) =>
      el('button', { type: 'button', class: 'link', click: () => showDialog(title, value) }, text),
    note,
    replace(body, content) {
      const controls = (): HTMLElement[] => [...body.querySelectorAll<HTMLElement>('a, button, [tabindex]')]
      const before = controls()
      const index = before.indexOf(document.activeElement as HTMLElement)
      const { scrollTop = 0, scrollLeft = 0 } = body.querySelector('.scroll') ?? {}
      body.replaceChildren(content)
      body.querySelector('.scroll')?.scrollTo(scrollLeft, scrollTop)
      if (index === 0)
        controls()[0]?.focus()
      else if (index > 0)
        controls().at(index - before.length)?.focus()
    },
    titleOf({ component, name }) {
      if (component === '')
        return name
      return `${component} / ${name}`
    },
    poll(task) {
      let timer: ReturnType<typeof setTimeout> | undefined
      let isStopped = false
      const run = async (): Promise<void> => {
        if (!document.hidden)
          await task().catch(() => {})
        if (!isStopped)
          timer = setTimeout(() => void run(), 1000)
      }
      void run()
      return () => {
        isStopped = true
        clearTimeout(timer)
      }
    },
  }
}
