/** The section with the inspector of the app's page, around this page. It runs in the browser. */
import type { Section, Ui } from './ui.ts'

interface Node { id: string, label: string, tags: { label: string }[], children?: Node[] }
type Details = Record<string, { key: string, value: unknown }[]>
interface Button { label: string, title: string, click: () => void }
interface TimelineEvent { at: number, layer: string, title: string, subtitle: string, data: object }

/** The inspector of the page: see `PageInspector` of Convue's DevTools. */
interface Inspector {
  tree: () => Node[]
  details: (id: string) => Details
  buttons: (id?: string) => Button[]
  events: () => TimelineEvent[]
  message: () => string
}

/** The item of the navigation that shows the latest events instead of a node. */
const TIMELINE: Node = { id: 'timeline', label: 'Timeline', tags: [] }

const NO_PAGE = 'The queries, calls and auth state of a page of the app are shown here in the tab Convue of '
  + 'Nuxt DevTools, which you open in that page.'

/** The inspector of the nearest page around this one; `undefined` if there is none. */
function findInspector(): Inspector | undefined {
  for (let frame: any = window; ; frame = frame.parent) {
    try {
      if (frame.__CONVUE_INSPECTOR__ || frame === frame.parent)
        return frame.__CONVUE_INSPECTOR__
    }
    catch {
      // A page of another origin.
      return undefined
    }
  }
}

export function pageSection(ui: Ui): Section {
  const { el } = ui
  const hrefOf = ({ id }: Node): string => `#/page/${encodeURIComponent(id)}`

  function linkTo(node: Node, shown: string): HTMLElement {
    const tags = node.tags.flatMap(({ label }) =>
      [' ', el('span', { class: label === 'current state' ? 'tag is-current' : 'tag' }, label)])
    return el('a', { 'href': hrefOf(node), 'aria-current': node.id === shown && 'page' }, node.label, ...tags)
  }

  function groupOf(group: Node, shown: string): HTMLElement {
    const children = (group.children ?? []).map(child => el('li', {}, linkTo(child, shown)))
    return el('li', {}, linkTo(group, shown), el('ul', { class: 'nested' }, ...children))
  }

  function buttonsOf(buttons: Button[]): HTMLElement[] {
    return buttons.map(({ label, title, click }) => el('button', { type: 'button', title, click }, label))
  }

  function timelineOf(events: TimelineEvent[]): HTMLElement {
    const rows = events.map(({ at, layer, title, subtitle, data }) =>
      [ui.time(at), layer, ui.inspect(title, title, JSON.parse(asText(data))), subtitle])
    const empty = 'No events yet. The updates of queries, calls, auth events and sockets of the page appear here.'
    const table = ui.table('Timeline', ['Time', 'Layer', 'Event', 'Details'], rows, empty)
    return el('div', {}, el('h2', {}, 'Timeline'), table)
  }

  function detailsOf(title: string, details: Details, buttons: Button[]): HTMLElement {
    const root = el('div', {}, el('div', { class: 'bar' }, el('h2', {}, title), ...buttonsOf(buttons)))
    for (const [section, fields] of Object.entries(details)) {
      const rows = fields.map(({ key, value }) => el('div', {}, el('dt', {}, key), el('dd', {}, asText(value))))
      root.append(el('h3', {}, section), el('dl', {}, ...rows))
    }
    return root
  }

  return {
    async show(root, [id = 'auth']) {
      const nav = el('nav', { 'aria-label': 'Parts of the page' })
      const content = el('div', { class: 'content' })
      const actions = el('div', { 'class': 'bar', 'role': 'group', 'aria-label': 'Actions on the page' })
      const message = el('p', { class: 'note', role: 'status' })
      const labels = new Map<string, string>()
      let shown = ''
      return ui.poll(async () => {
        const inspector = findInspector()
        const tree = inspector?.tree() ?? []
        const details = inspector?.details(id) ?? {}
        const events = id === TIMELINE.id ? inspector?.events() ?? [] : []
        const text = asText([tree, details, events, inspector?.message()])
        if (text === shown)
          return
        shown = text
        if (!inspector) {
          root.replaceChildren(el('h2', {}, 'Page'), ui.note(NO_PAGE))
          return
        }
        tree.flatMap(node => [node, ...node.children ?? []]).forEach(node => labels.set(node.id, node.label))
        if (!root.contains(content)) {
          actions.replaceChildren(...buttonsOf(inspector.buttons()))
          root.replaceChildren(actions, message, el('div', { class: 'columns' }, nav, content))
        }
        if (message.textContent !== inspector.message())
          message.textContent = inspector.message()
        ui.replace(nav, el('ul', {}, ...[...tree, TIMELINE].map(group => groupOf(group, id))))
        ui.replace(content, id === TIMELINE.id
          ? timelineOf(events)
          : detailsOf(labels.get(id) ?? 'This part does not exist any more', details, inspector.buttons(id)))
      })
    },
  }
}

function asText(value: unknown): string {
  const plain = toJson('', value)
  if (typeof plain === 'string')
    return plain
  return JSON.stringify(plain, toJson, 2) ?? 'undefined'
}

/** Arguments and results may contain values that JSON does not have. */
function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint')
    return `${value}n`
  // An error of another frame is not an instance of this frame's class.
  if (Object.prototype.toString.call(value) === '[object Error]')
    return String(value)
  return value
}
