/** Answers the requests of the page that shows mails. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ReceivedMail, ReceivedMails } from './received-mails.ts'
import { randomBytes } from 'node:crypto'
import { listPage, mailPage } from './mailbox-page.ts'
import { isFromThisMachine, isNavigation, isOfOwnPage } from './own-pages.ts'

/** Adds the slash and the rest of the path as groups, wherever the mailbox is. */
const PATH = /\/__convue\/mail(?:\/([a-z\d]+)(\/html)?)?\/?$/

/** Mails contain links that sign users in, so only pages of this machine may read them. */
export function answerMailRequest(mails: ReceivedMails, request: IncomingMessage, response: ServerResponse): void {
  if (!isAllowed(request))
    return send(response, 403, 'text/plain', 'The mailbox only answers to pages of this machine, on their own origin.')
  const { originalUrl = request.url ?? '' } = request as IncomingMessage & { originalUrl?: string }
  const { pathname } = new URL(originalUrl, 'http://localhost')
  const [match, id, part] = PATH.exec(pathname) ?? []
  if (id === 'events')
    return sendEvents(mails, response)
  const mail = mails.mails.find(mail => mail.id === id)
  if (match === undefined || (id !== undefined && !mail))
    return send(response, 404, 'text/plain', 'This mail does not exist any more.')
  if (mail && part)
    return sendHtml(response, mail)
  const nonce = randomBytes(16).toString('base64')
  response.setHeader('content-security-policy', pagePolicy(nonce))
  send(response, 200, 'text/html', mail ? mailPage(mail) : listPage(mails.mails, nonce))
}

function isAllowed(request: IncomingMessage): boolean {
  return request.method === 'GET' && isFromThisMachine(request) && (isOfOwnPage(request) || isNavigation(request))
}

function pagePolicy(nonce: string): string {
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; `
    + 'frame-src \'self\'; frame-ancestors \'none\'; base-uri \'none\'; form-action \'none\''
}

/**
 * Scripts of a mail do not run, and it has an origin of its own. Links in a mail open new windows.
 */
function sendHtml(response: ServerResponse, { html = '' }: ReceivedMail): void {
  response.setHeader('content-security-policy', 'sandbox allow-popups allow-popups-to-escape-sandbox; '
  + 'default-src \'none\'; img-src https: http: data:; style-src \'unsafe-inline\' https:; font-src https: data:; '
  + 'frame-ancestors \'self\'')
  send(response, 200, 'text/html', `<base target="_blank">${html}`)
}

/** An event for each new mail, until the page is closed. */
function sendEvents({ onMail }: ReceivedMails, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('retry: 1000\n\n')
  const stop = onMail(({ id }) => void response.write(`data: ${id}\n\n`))
  response.on('close', stop)
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  response.end(text)
}
