import type { Page } from 'playwright-core'
import type { DevApp, DevServer } from './dev-app.ts'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { launchBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/environment/eventually.ts'
import { configOf, useDevApps } from './dev-app.ts'

const api = anyApi as any

const createApp = useDevApps()

const GREETINGS = /^(?:Hello|Good night)$/

function GREET(text: string): string {
  return `import { query } from './_generated/server'
export const greet = query({ handler: () => { console.log('greeted'); return ${text} } })\n`
}

const SEED = `import { internalMutation } from './_generated/server'
export default internalMutation({ handler: async (ctx) => { await ctx.db.insert('tasks', { owner: 'seed', text: 'Seeded', done: false }) } })
export const count = internalMutation({ handler: async ctx => (await ctx.db.query('tasks').collect()).length })\n`

const MAILS = `import { mutation } from './_generated/server'
import { createMailer } from ${JSON.stringify(join(import.meta.dirname, '../../src/convex/mail/create-mailer.ts'))}
const sendMail = createMailer()
export const send = mutation(async (_ctx, mail) => await sendMail(mail))\n`

/** The address of the deployment that the page shows. */
const convexUrlOf = (html: string): string => /id="url"[^>]*>([^<]*)</.exec(html)![1]!

const isReachable = (url: string): Promise<boolean> => fetch(`${url}/version`).then(() => true, () => false)

/** Before it, a button does nothing. */
async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
}

describe('nuxt dev without variables', () => {
  let app: DevApp
  let server: DevServer
  let ada: { status: number, cookie: string }
  let url: string
  beforeAll(async () => {
    app = createApp()
    app.write('nuxt.config.ts', configOf(
      '{ dev: { seed: \'internal.seed.default\' } }',
      'vite: { server: { allowedHosts: [\'device.test\'] } }, routeRules: { \'/kept\': { isr: 60 } }',
    ))
    app.write('convex/seed.ts', SEED)
    app.write('convex/greetings.ts', GREET('\'Hello\''))
    app.write('convex/mails.ts', MAILS)
    server = await app.dev({ fork: true })
    ada = await server.signUp('Ada')
    url = convexUrlOf((await server.get('/')).html)
  })

  const greet = (): Promise<unknown> => new ConvexHttpClient(url, { logger: false }).query(api.greetings.greet, {})

  const page = async (): Promise<string> => (await server.get('/', ada.cookie)).html

  it('starts a deployment, signs up users on the origin of the page, and renders as them', async () => {
    expect(ada.status).toBe(200)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await page()).toContain('Hello Ada')
    expect((await server.get('/')).html).toContain('Hello stranger')
    expect(app.exists('convex/_generated/api.d.ts')).toBe(true)
    expect(app.read('.convex-local/.gitignore')).toBe('*\n')
    expect(server.log).toContain('Data: kept in .convex-local')
  })

  it('reloads the functions that are saved, and reports an error until it is corrected', async () => {
    expect(await greet()).toBe('Hello')
    await eventually(() => server.log).toContain('greeted')
    app.write('convex/greetings.ts', GREET('\'Good morning\''))
    await eventually(greet).toBe('Good morning')
    app.write('convex/greetings.ts', GREET('((('))
    await eventually(() => server.log).toContain('greetings.ts:2')
    expect(await greet()).toBe('Good morning')
    app.write('convex/greetings.ts', GREET('\'Good evening\''))
    await eventually(greet).toBe('Good evening')
    await eventually(() => server.log).toContain('The functions are loaded again.')
    expect(server.log).not.toContain('Restarting Nuxt')
  })

  it('shows the data of the deployment, and the latest requests with their calls', async () => {
    expect(server.log).toContain(`Tables, log and mails: ${server.url}/__convue`)
    expect((await server.get('/__convue')).html).toContain('#/requests')
    const tables = JSON.parse((await server.get('/__convue/api/tables')).html)
    expect(tables).toContainEqual(expect.objectContaining({ component: '', name: 'tasks' }))
    await page()
    await server.get('/')
    const read = async (): Promise<any[]> => JSON.parse((await server.get('/__convue/api/requests')).html)
    // Vite may load the page of Ada again, so the order of the requests is not fixed.
    const latestOf = async (identity: string): Promise<any> => (await read()).find(record => record.path === '/' && record.identity === identity)
    await eventually(() => latestOf('anonymous')).toBeDefined()
    await eventually(() => latestOf('Ada')).toBeDefined()
    const [anonymous, ofAda] = [await latestOf('anonymous'), await latestOf('Ada')]
    expect(anonymous).toMatchObject({ method: 'GET', status: 200, payload: 'results: 0 (0.0 KiB), anonymous' })
    expect(ofAda).toMatchObject({
      path: '/',
      status: 200,
      identity: 'Ada',
      tokenAge: expect.stringMatching(/^\d+ of \d+ s$/),
      queries: [{ name: 'tasks:list', durationMs: expect.any(Number) }],
      payload: expect.stringMatching(/^results: 1 \([\d.]+ KiB\), the user, a token$/),
      sharedBy: null,
      cacheControl: 'private, no-store',
    })
    await server.get('/kept', ada.cookie)
    await eventually(async () => (await read()).find(({ path }) => path === '/kept')).toMatchObject({
      identity: 'anonymous, as for all users',
      sharedBy: 'the route rule `isr`',
    })
    expect(JSON.stringify(await read())).not.toContain('eyJ')
    expect((await server.get('/_convue/requests')).status).toBe(404)
  })

  it('shows mails in the terminal and on a page', async () => {
    expect((await server.get('/__convue/mail')).html).toContain('No mails yet')
    const mail = { to: 'ada@example.com', subject: 'Verify', text: 'Open http://localhost/verify' }
    await new ConvexHttpClient(url, { logger: false }).mutation(api.mails.send, mail)
    await eventually(() => server.log).toMatch(/\[mail\] to ada@example\.com: Verify\s+http:\/\/localhost\/verify/)
    expect((await server.get('/__convue/mail')).html).toContain('To ada@example.com')
  })

  it('keeps the deployment and its sockets while Nuxt restarts with a changed configuration', async () => {
    await server.restart(() => app.write('nuxt.config.ts', `${app.read('nuxt.config.ts')}// changed\n`))
    expect(server.log).toContain('Restarting Nuxt')
    expect(convexUrlOf(await page())).toBe(url)
    expect(await page()).toContain('Hello Ada')
    app.write('convex/greetings.ts', GREET('\'Good night\''))
    await eventually(greet).toBe('Good night')
  })

  it('keeps the data while Nuxt restarts in another process', async () => {
    await server.restart(() => app.write('.env', 'CHANGED=true\n'))
    expect(await page()).toContain('Hello Ada')
    url = convexUrlOf(await page())
    expect(await greet()).toMatch(GREETINGS)
  })

  it('ends the deployment with its own process, and finds the data again at the next start', async () => {
    await server.stop()
    server = await app.dev({ host: '0.0.0.0' })
    expect(await isReachable(url)).toBe(false)
    expect(await page()).toContain('Hello Ada')
    url = convexUrlOf(await page())
    // The seed function has run only once.
    const response = await fetch(`${url}/api/function`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'authorization': `Convex ${app.read('.convex-local/admin-key')}` },
      body: JSON.stringify({ path: 'seed:count', args: {}, format: 'json' }),
    })
    expect(await response.json()).toMatchObject({ value: 1 })
  })

  it('lets a page on another device use the deployment through its own origin, with --host', async () => {
    const device = `http://device.test:${new URL(server.url).port}`
    const browser = await launchBrowser(['--host-resolver-rules=MAP device.test 127.0.0.1'])
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    const requested = new Set<string>()
    page.on('request', request => requested.add(new URL(request.url()).origin))
    page.on('websocket', socket => requested.add(new URL(socket.url()).origin))
    const socket = page.waitForEvent('websocket', socket => socket.url().includes('/sync'))
    await page.goto(device)
    expect(await page.evaluate(async () => {
      const body = JSON.stringify({ name: 'Bob', email: 'bob@example.com', password: 'correct horse battery' })
      const headers = { 'content-type': 'application/json' }
      return (await fetch('/api/auth/sign-up/email', { method: 'POST', headers, body })).status
    })).toBe(200)
    await page.reload()
    await page.getByText('Hello Bob').waitFor()
    await hydrated(page)
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByText('Buy milk').waitFor()
    expect((await socket).url()).toMatch(/^ws:\/\/device\.test:\d+\/__convue\/deployment\/api\//)
    expect([...requested].sort()).toEqual([device, device.replace('http', 'ws')])
    expect(await page.evaluate(async () => (await fetch('/__convue/mail')).status)).toBe(403)
  })

  it('passes requests of clients on to the deployment, but not those of its command line', async () => {
    const proxy = `${server.url}/__convue/deployment`
    expect(await new ConvexHttpClient(proxy, { logger: false }).query(api.greetings.greet, {})).toMatch(GREETINGS)
    const authorization = `Convex ${app.read('.convex-local/admin-key')}`
    const admin = await fetch(`${proxy}/api/function`, { method: 'POST', headers: { authorization }, body: '{}' })
    expect(admin.status).toBe(404)
  })

  it('uses the deployment that npx convex dev writes into .env.local, and ends its own', async () => {
    await server.restart(() => app.write('.env.local', 'CONVEX_DEPLOYMENT=dev:happy-otter-123\n'))
    expect(convexUrlOf((await server.get('/')).html)).toBe('https://happy-otter-123.convex.cloud')
    expect(await isReachable(url)).toBe(false)
  })
})
