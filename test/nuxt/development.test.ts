import type { DevApp, DevServer } from './dev-app.ts'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { configOf, useDevApps } from './dev-app.ts'

const api = anyApi as any

/** An app in which Better Auth runs in a route of Nuxt. */
const EXAMPLE = join(import.meta.dirname, '../../examples/nuxt-auth-on-nuxt')

const createApp = useDevApps()

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

describe('nuxt dev without variables', () => {
  let app: DevApp
  let server: DevServer
  let ada: { status: number, cookie: string }
  let url: string
  beforeAll(async () => {
    app = createApp()
    app.write('nuxt.config.ts', configOf('{ dev: { seed: \'internal.seed.default\' } }'))
    app.write('convex/seed.ts', SEED)
    app.write('convex/greetings.ts', GREET('\'Hello\''))
    app.write('convex/mails.ts', MAILS)
    server = await app.dev()
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

  it('shows mails in the terminal and on a page', async () => {
    expect(server.log).toContain(`Mails: ${server.url}/__convue/mail`)
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
    expect(await greet()).toMatch(/^(?:Hello|Good night)$/)
  })

  it('ends the deployment with its own process, and finds the data again at the next start', async () => {
    await server.stop()
    server = await app.dev()
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

  it('chooses the next port if its port is in use, and Better Auth then expects this origin', async () => {
    const other = createApp()
    other.write('nuxt.config.ts', configOf('{ dev: { data: false } }'))
    const second = await other.dev({ port: Number(new URL(server.url).port) })
    expect(second.url).not.toBe(server.url)
    expect((await second.signUp('Ada')).status).toBe(200)
    expect(other.exists('.convex-local')).toBe(false)
    await second.stop('SIGINT')
  })

  it('uses the deployment that npx convex dev writes into .env.local, and ends its own', async () => {
    await server.restart(() => app.write('.env.local', 'CONVEX_DEPLOYMENT=dev:happy-otter-123\n'))
    expect(convexUrlOf((await server.get('/')).html)).toBe('https://happy-otter-123.convex.cloud')
    expect(await isReachable(url)).toBe(false)
  })
})

describe('nuxt dev with auth: \'local\', without variables', () => {
  let app: DevApp
  let server: DevServer
  beforeAll(async () => {
    app = createApp({ functions: false })
    app.copy(EXAMPLE, ['convex', 'server/routes', 'server/utils'])
    app.write('convex/greetings.ts', GREET('((('))
    app.write('nuxt.config.ts', configOf('{ auth: \'local\' }'))
    server = await app.dev()
  })

  it('starts if functions have errors, and starts the deployment once they are corrected', async () => {
    const { html, status } = await server.get('/')
    expect(status).toBe(200)
    await eventually(() => server.log).toContain('greetings.ts:2')
    app.write('convex/greetings.ts', GREET('\'Hello\''))
    await eventually(() => server.log).toContain('The functions are loaded again.')
    expect(await new ConvexHttpClient(convexUrlOf(html), { logger: false }).query(api.greetings.greet, {})).toBe('Hello')
    // The app's server starts again.
    await eventually(async () => (await server.get('/')).status).toBe(200)
  })

  it('gives the app and the deployment their secrets, and keeps sessions after a restart', async () => {
    const ada = await server.signUp('Ada')
    expect(ada.status).toBe(200)
    expect((await server.get('/', ada.cookie)).html).toContain('Hello Ada')
    await server.stop()
    server = await app.dev()
    expect((await server.get('/', ada.cookie)).html).toContain('Hello Ada')
    expect(server.log).not.toMatch(/UNAUTHENTICATED|TOKEN_REJECTED/)
  })
})

describe('nuxt prepare', () => {
  it('writes the generated code and its alias without a deployment', async () => {
    const app = createApp()
    const output = await app.run('prepare')
    expect(output).not.toContain('does not exist yet')
    expect(app.read('convex/_generated/api.d.ts')).toContain('"tasks"')
    expect(app.read('.nuxt/tsconfig.app.json')).toContain('convex/_generated/api')
    expect(app.exists('.convex-local')).toBe(false)
    rmSync(join(app.root, 'convex/_generated'), { recursive: true })
  })
})

describe('nuxt dev with `branchData`', () => {
  it('restarts with the data of the branch that is checked out', async () => {
    const app = createApp()
    app.write('nuxt.config.ts', configOf('{ dev: { branchData: true } }'))
    app.write('.git/HEAD', 'ref: refs/heads/main\n')
    const server = await app.dev()
    expect((await server.signUp('Ada')).status).toBe(200)
    expect(server.log).toContain('Data: kept in .convex-local/branches/main')
    await server.restart(() => app.write('.git/HEAD', 'ref: refs/heads/other\n'))
    expect(app.exists('.convex-local/branches/other')).toBe(true)
    // The account belongs to the data of the other branch.
    expect((await server.signUp('Ada')).status).toBe(200)
  })
})
