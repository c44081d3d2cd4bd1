/** The sections that show events: the log, mails, and requests. They run in the browser. */
import type { Section, Ui } from './ui.ts'

export function logSection(ui: Ui): Section {
  function outcomeOf({ outcome, detail }: Record<string, any>): Node | string {
    if (outcome === 'error')
      return ui.el('strong', { class: 'error' }, detail ?? 'error')
    return detail ?? 'success'
  }

  return {
    async show(root) {
      let filter = ''
      let entries: Record<string, any>[] = []
      let version = ''
      const body = ui.el('div')
      const render = (): void => {
        const shown = entries.filter(entry => JSON.stringify(entry).toLowerCase().includes(filter))
        const rows = shown.map(entry => [
          ui.time(entry.at),
          ui.inspect(entry.name, entry.name, entry),
          entry.kind,
          entry.subject ?? 'anonymous',
          outcomeOf(entry),
          entry.durationMs === null ? '' : `${entry.durationMs.toFixed(1)} ms`,
          entry.logLines.join('\n'),
        ])
        const columns = ['Time', 'Name', 'Kind', 'Identity', 'Outcome', 'Duration', 'Console']
        ui.replace(body, ui.table('Log', columns, rows, 'Nothing has happened yet.'))
      }
      root.append(
        ui.el('h2', {}, 'Log'),
        ui.el('div', { class: 'bar' }, ui.field('Filter', ui.el('input', {
          type: 'search',
          input: (event) => {
            filter = (event.target as HTMLInputElement).value.toLowerCase()
            render()
          },
        }))),
        body,
      )
      return ui.poll(async () => {
        const answer = await ui.get('log', { version })
        if (answer.version === version)
          return
        version = answer.version
        entries = answer.entries
        render()
      })
    },
  }
}

export function mailsSection(ui: Ui): Section {
  return {
    async show(root) {
      const body = ui.el('div')
      root.append(ui.el('h2', {}, 'Mails'), body)
      let shown = ''
      return ui.poll(async () => {
        const mails: { id: string, to: string, subject: string, at: number }[] = await ui.get('mails')
        const text = JSON.stringify(mails)
        if (text === shown)
          return
        shown = text
        const rows = mails.map(({ id, to, subject, at }) => [
          ui.el('a', { href: `/__convue/mail/${id}`, target: '_blank' }, subject || 'No subject'),
          to,
          ui.time(at),
        ])
        const empty = 'No mails yet. The mails that your functions send with createMailer appear here.'
        ui.replace(body, ui.table('Mails', ['Subject', 'To', 'Sent'], rows, empty))
      })
    },
  }
}

export function requestsSection(ui: Ui): Section {
  return {
    async show(root) {
      const body = ui.el('div')
      root.append(
        ui.el('h2', {}, 'Requests'),
        ui.note('The latest requests to the server of Nuxt: for whom it answered, with which queries, '
          + 'and which caches may keep the response. Tokens are not recorded.'),
        body,
      )
      let shown = ''
      return ui.poll(async () => {
        const requests: Record<string, any>[] = await ui.get('requests')
        const text = JSON.stringify(requests)
        if (text === shown)
          return
        shown = text
        const rows = requests.map(request => [
          ui.time(request.at),
          ui.inspect(`${request.method} ${request.path}`, request.path, request),
          String(request.status),
          request.identity,
          request.tokenAge ?? '',
          request.queries.map(({ name, durationMs }: any) => `${name} ${durationMs} ms`).join('\n'),
          request.payload ?? '',
          [request.cacheControl, request.sharedBy && `for all users: ${request.sharedBy}`].filter(Boolean).join('\n'),
          `${request.durationMs} ms`,
        ])
        const columns = ['Time', 'Request', 'Status', 'Identity', 'Token', 'Queries', 'Payload', 'Cache', 'Duration']
        ui.replace(body, ui.table('Requests', columns, rows, 'No requests yet. Open a page of the app.'))
      })
    },
  }
}
