/** The pages of the mailbox, as HTML. */
import type { ReceivedMail } from './received-mails.ts'
import { escapeHtml } from './escape-html.ts'

const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  body { background: light-dark(#fff, #1c1c1c); color: light-dark(#1c1c1c, #eee) }
  body { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem }
  h1 { font-size: 1.375rem; overflow-wrap: anywhere }
  h2 { font-size: 1.125rem }
  a { color: light-dark(#0b57d0, #a8c7fa) }
  ul { list-style: none; padding: 0 }
  li { padding: .75rem 0; border-top: 1px solid light-dark(#d0d0d0, #4a4a4a) }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem }
  dt, .detail { color: light-dark(#595959, #b0b0b0) }
  dd { margin: 0; overflow-wrap: anywhere }
  pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }
  iframe { width: 100%; height: 32rem; border: 1px solid light-dark(#d0d0d0, #4a4a4a); background: #fff }
  iframe { box-sizing: border-box }
`

/** Replaces the list when a mail arrives, and after the connection has been interrupted. */
const UPDATE = `
  const events = new EventSource('/__convue/mail/events')
  const update = async () => {
    const page = await (await fetch('/__convue/mail')).text()
    const { body } = new DOMParser().parseFromString(page, 'text/html')
    document.querySelector('main').innerHTML = body.querySelector('main').innerHTML
  }
  events.onopen = update
  events.onmessage = update
`

/** All mails, the newest first. */
export function listPage(mails: readonly ReceivedMail[], nonce: string): string {
  const items = mails.map(mail => `<li>
    <a href="/__convue/mail/${mail.id}">${escapeHtml(mail.subject) || 'No subject'}</a>
    <div class="detail">To ${escapeHtml(mail.to)}, ${time(mail)}</div></li>`)
  const list = items.length > 0
    ? `<ul>${items.join('')}</ul>`
    : '<p>No mails yet. The mails that your functions send with <code>createMailer</code> appear here.</p>'
  const script = `<script nonce="${nonce}">${UPDATE}</script>`
  return page('Mailbox', `<h1>Mailbox</h1><div aria-live="polite">${list}</div>`, script)
}

/** One mail, with its links. */
export function mailPage(mail: ReceivedMail): string {
  const { subject, to, text, html } = mail
  const links = findLinks(mail).map(link => `<li><a href="${escapeHtml(link)}">${escapeHtml(link)}</a></li>`)
  return page(subject, `<p><a href="/__convue/mail">All mails</a></p>
    <h1>${escapeHtml(subject) || 'No subject'}</h1>
    <dl><dt>To</dt><dd>${escapeHtml(to)}</dd><dt>Sent</dt><dd>${time(mail)}</dd></dl>
    ${links.length > 0 ? `<h2>Links</h2><ul>${links.join('')}</ul>` : ''}
    ${text === undefined ? '' : `<h2>Text</h2><pre>${escapeHtml(text)}</pre>`}
    ${html === undefined ? '' : `<h2>HTML</h2>${frame(mail)}`}`)
}

/** Scripts do not run in the frame, and its links open other windows. */
function frame({ id }: ReceivedMail): string {
  const allowed = 'allow-popups allow-popups-to-escape-sandbox'
  return `<iframe sandbox="${allowed}" title="The HTML of the mail" src="/__convue/mail/${id}/html"></iframe>`
}

/** The addresses in a mail, such as the link that verifies an account. */
export function findLinks({ text = '', html = '' }: Pick<ReceivedMail, 'text' | 'html'>): string[] {
  const inText = text.match(/https?:\/\/[^\s<>"')\]]+/g) ?? []
  const inHtml = [...html.matchAll(/\bhref\s*=\s*["'](https?:\/\/[^"']+)["']/gi)].map(([, link]) => unescape(link!))
  return [...new Set([...inText, ...inHtml])]
}

function page(title: string, main: string, end = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
    <link rel="icon" href="data:,"><style>${STYLE}</style></head><body><main>${main}</main>${end}</body></html>`
}

function time({ at }: ReceivedMail): string {
  const iso = new Date(at).toISOString()
  return `<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

/** The entities that occur in the address of a link. */
function unescape(text: string): string {
  return text.replace(/&(?:amp|#38|#x26);/gi, '&').replace(/&(?:#61|#x3d);/gi, '=')
}
