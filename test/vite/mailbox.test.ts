import type { AddressInfo } from 'node:net'
import type { Logger } from 'vite'
import { once } from 'node:events'
import { createServer, IncomingMessage, request as sendRequest, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { createLogger } from 'vite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMailer } from '../../src/convex/mail/create-mailer.ts'
import { readMailLines, writeMailLines } from '../../src/convex/mail/mail.ts'
import { answerMailRequest } from '../../src/dev/mailbox-handler.ts'
import { createMailbox } from '../../src/dev/mailbox.ts'
import { eventually } from '../support/environment/eventually.ts'
import { useViteApps } from './vite-app.ts'

const MAILER = join(import.meta.dirname, '../../src/convex/mail/create-mailer.ts')

const FUNCTIONS = `import { mutation } from './_generated/server'
import { createMailer } from ${JSON.stringify(MAILER)}
const sendMail = createMailer()
export const send = mutation(async (_ctx, mail) => await sendMail(mail))\n`

const MAIL = { to: 'ada@example.com', subject: 'It\'s "you" & <me>\u001B[2J', html: '<a href="http://localhost/verify?a=1&amp;b=2">Verify</a>' }

describe('createMailer()', () => {
  it('calls `send` without a mailbox, and fails without `send`', async () => {
    const send = vi.fn()
    await createMailer({ send })(MAIL)
    expect(send.mock.calls).toEqual([[MAIL]])
    await expect(createMailer()(MAIL)).rejects.toMatchObject({ code: 'MAIL_SENDER_MISSING' })
  })

  it.each([MAIL, { to: 'a', subject: '\'', text: 'ü\n'.repeat(40_000) }])('writes lines that a mailbox reads', (mail) => {
    const lines = writeMailLines(mail, 'a1').map(line => `[INFO] '${line}'`)
    expect(Math.max(...lines.map(line => line.length))).toBeLessThan(32_768)
    expect(readMailLines(['[LOG] \'hello\'', ...lines])).toEqual([{ id: 'a1', mail }])
  })
})

describe('the mailbox of convue/vite', () => {
  const createApp = useViteApps()

  async function startApp() {
    const app = createApp({ functions: false })
    app.write('convex/mails.ts', FUNCTIONS)
    const printed: string[] = []
    const customLogger: Logger = { ...createLogger('silent'), info: message => void printed.push(message) }
    const { vite, url, convexUrl } = await app.start({ data: false }, { customLogger, server: { allowedHosts: true } })
    const convex = await convexUrl()
    const sendMail = (mail: object): Promise<Response> => fetch(`${convex}/api/mutation`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'mails:send', args: mail, format: 'json' }),
    })
    return { vite, url, printed, sendMail }
  }

  it('shows a mail in the terminal and on the page, without its scripts', async () => {
    const { url, printed, sendMail } = await startApp()
    expect(await (await fetch(`${url}/__convue/mail`)).text()).toContain('No mails yet')
    await sendMail(MAIL)
    await eventually(() => printed.join('\n')).toContain('to ada@example.com: It\'s "you" & <me> [2J\n  http://localhost/verify?a=1&b=2')
    const page = await fetch(`${url}/__convue/mail/`)
    const list = await page.text()
    const [, nonce] = /<script nonce="([^"]+)"/.exec(list)!
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/)
    expect(page.headers.get('content-security-policy')).toContain(`script-src 'nonce-${nonce}'`)
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(list).toContain('It&#39;s &quot;you&quot; &amp; &lt;me&gt;')
    const [path] = /\/__convue\/mail\/[a-z\d]+/.exec(list)!
    expect(await (await fetch(url + path)).text()).toContain('href="http://localhost/verify?a=1&amp;b=2"')
    const html = await fetch(`${url}${path}/html`)
    expect(html.headers.get('content-security-policy')).toMatch(/^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/)
    expect(await html.text()).toContain(MAIL.html)
    expect((await fetch(`${url}/__convue/mail/unknown`)).status).toBe(404)
  })

  it('lists a mail again after a restart, and does not print it again', async () => {
    const { vite, url, printed, sendMail } = await startApp()
    await sendMail({ ...MAIL, subject: 'First' })
    await eventually(() => printed.join()).toContain('First')
    printed.length = 0
    await vite.restart()
    await eventually(async () => await (await fetch(`${url}/__convue/mail`)).text()).toContain('First')
    await sendMail({ ...MAIL, subject: 'Second' })
    await eventually(() => printed.join()).toContain('Second')
    expect(printed.join()).not.toContain('First')
  })

  it('refuses requests of other hosts, and of pages of other origins', async () => {
    const { url } = await startApp()
    const { hostname, port } = new URL(url)
    const statusOf = (headers: Record<string, string>, method = 'GET'): Promise<number> => new Promise((resolve, reject) => {
      sendRequest({ hostname, port, path: '/__convue/mail', headers, method }, ({ statusCode }) => resolve(statusCode!)).on('error', reject).end()
    })
    const navigation = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect(await statusOf({ host: 'device.test' })).toBe(403)
    expect(await statusOf({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' })).toBe(403)
    expect(await statusOf({ ...navigation, 'sec-fetch-dest': 'iframe' })).toBe(403)
    expect(await statusOf({ ...navigation, 'sec-fetch-dest': 'document' })).toBe(200)
    expect(await statusOf({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' })).toBe(200)
    expect(await statusOf({}, 'POST')).toBe(403)
  })

  it.each([['127.0.0.1', 200], ['::ffff:127.0.0.1', 200], ['::1', 200], ['192.168.1.7', 403]])('answers a request from the address %s with %d', (address, status) => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: address })
    const request = Object.assign(new IncomingMessage(socket), { method: 'GET', url: '/__convue/mail', headers: { host: 'localhost:5173' } })
    const response = new ServerResponse(request)
    answerMailRequest({ mails: [], onMail: () => () => {} }, request, response)
    expect(response.statusCode).toBe(status)
  })

  it('keeps the newest 200 mails', async () => {
    const entry = (mail: number): object => ({ timestamp: mail, logLines: writeMailLines({ ...MAIL, subject: `Mail ${mail}` }, `id${mail}`).map(line => `[INFO] '${line}'`) })
    const server = createServer((request, response) => {
      // The deployment answers the next request once there is another line.
      if (request.url!.endsWith('cursor=0'))
        response.end(JSON.stringify({ entries: Array.from({ length: 250 }, (_, mail) => entry(mail)), newCursor: 1 }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const mailbox = createMailbox({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, adminKey: 'key' })
    onTestFinished(() => {
      mailbox.stop()
      server.closeAllConnections()
      server.close()
    })
    await eventually(() => mailbox.mails.length).toBe(200)
    expect(mailbox.mails[0]!.subject).toBe('Mail 249')
  })
})
