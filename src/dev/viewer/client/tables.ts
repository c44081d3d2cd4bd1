/** The sections with documents: tables and files. They run in the browser. */
import type { Section, Ui } from './ui.ts'

interface Table { component: string, name: string, indexes: string[] }
interface Page { page: Record<string, any>[], isDone: boolean, continueCursor: string }

export function tablesSection(ui: Ui): Section {
  const { el } = ui
  const hrefOf = ({ component, name }: Table): string =>
    `#/tables/${encodeURIComponent(name)}/${encodeURIComponent(component)}`

  async function showTable(root: HTMLElement, table: Table): Promise<void> {
    let index = 'by_creation_time'
    let order = 'desc'
    const orders: [string, string][] = [['desc', 'Newest or greatest first'], ['asc', 'Oldest or least first']]
    let rows: Record<string, any>[] = []
    let cursor = ''
    const body = el('div')
    const status = el('p', { 'class': 'note', 'aria-live': 'polite' })
    const more = el('button', { type: 'button', click: () => void load(cursor) }, 'More rows')
    const columnsOf = (): string[] => {
      const names = new Set(rows.flatMap(row => Object.keys(row)))
      names.delete('_id')
      names.delete('_creationTime')
      return ['_id', ...names, '_creationTime']
    }
    const cellOf = (row: Record<string, any>, column: string): Node | string => {
      if (column === '_id')
        return ui.inspect(row._id, `${table.name} ${row._id}`, row)
      if (column === '_creationTime')
        return ui.time(row._creationTime)
      return ui.short(row[column])
    }
    async function load(from: string): Promise<void> {
      const { component, name } = table
      const answer: Page = await ui.get('rows', { component, table: name, index, order, cursor: from })
      if (from === '')
        rows = []
      rows.push(...answer.page)
      cursor = answer.continueCursor
      more.hidden = answer.isDone
      status.textContent = answer.isDone ? `Rows: ${rows.length}` : `Rows: ${rows.length}, and more`
      const columns = columnsOf()
      const cells = rows.map(row => columns.map(column => cellOf(row, column)))
      ui.replace(body, ui.table(`Rows of ${ui.titleOf(table)}`, columns, cells, 'The table is empty.'))
    }
    root.append(
      el('h2', {}, ui.titleOf(table)),
      el(
        'div',
        { class: 'bar' },
        ui.field('Index', ui.select(table.indexes.map(name => [name, name]), index, (next) => {
          index = next
          void load('')
        })),
        ui.field('Order', ui.select(orders, order, (next) => {
          order = next
          void load('')
        })),
        el('button', { type: 'button', click: () => void load('') }, 'Reload'),
      ),
      status,
      body,
      more,
    )
    await load('')
  }

  return {
    async show(root, [name, component = '']) {
      const tables: Table[] = await ui.get('tables')
      const isShown = (table: Table): boolean => table.name === name && table.component === component
      const shown = tables.find(isShown) ?? tables[0]
      const links = tables.map(table =>
        el('li', {}, el('a', { 'href': hrefOf(table), 'aria-current': table === shown && 'page' }, ui.titleOf(table))))
      const content = el('div', { class: 'content' })
      const nav = el('nav', { 'aria-label': 'Tables' }, el('ul', {}, ...links))
      root.append(el('div', { class: 'columns' }, nav, content))
      if (shown)
        await showTable(content, shown)
      else
        content.append(ui.note('There are no tables yet.'))
    },
  }
}

interface StoredFile {
  _id: string
  _creationTime: number
  contentType?: string
  size: number
  url: string
}

export function filesSection(ui: Ui): Section {
  return {
    async show(root) {
      const files: StoredFile[] = await ui.get('files')
      const rows = files.map(file => [
        ui.inspect(file._id, `File ${file._id}`, file),
        file.contentType ?? 'unknown',
        `${file.size} bytes`,
        ui.time(file._creationTime),
        ui.el('a', { href: file.url, target: '_blank', rel: 'noreferrer' }, `Open ${file._id.slice(-6)}`),
      ])
      const columns = ['_id', 'Type', 'Size', 'Stored', 'Content']
      root.append(ui.el('h2', {}, 'Files'), ui.table('Stored files', columns, rows, 'No files are stored.'))
    },
  }
}
