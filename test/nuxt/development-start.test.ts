import type { DevApp, DevServer } from './dev-app.ts'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { freePort } from '../support/live/free-port.ts'
import { configOf, useDevApps } from './dev-app.ts'

const api = anyApi as any

/** An app in which Better Auth runs in a route of Nuxt. */
const EXAMPLE = join(import.meta.dirname, '../../examples/nuxt-auth-on-nuxt')

const createApp = useDevApps()

function greetFunction(text: string): string {
  return `import { query } from './_generated/server'
export const greet = query({ handler: () => ${text} })\n`
}

/** The address of the deployment that the page shows. */
const convexUrlOf = (html: string): string => /id="url"[^>]*>([^<]*)</.exec(html)![1]!

describe('nuxt dev with auth: \'local\', without variables', () => {
  let app: DevApp
  let server: DevServer
  beforeAll(async () => {
    app = createApp({ functions: false })
    app.copy(EXAMPLE, ['convex', 'server/routes', 'server/utils'])
    app.write('convex/greetings.ts', greetFunction('((('))
    app.write('nuxt.config.ts', configOf('{ auth: \'local\' }', 'vite: { server: { allowedHosts: [\'device.test\'] } }'))
    server = await app.dev()
  })

  it('starts if functions have errors, and starts the deployment once they are corrected', async () => {
    const { html, status } = await server.get('/')
    expect(status).toBe(200)
    await eventually(() => server.log).toContain('greetings.ts:2')
    app.write('convex/greetings.ts', greetFunction('\'Hello\''))
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
    server = await app.dev({ host: '0.0.0.0' })
    expect((await server.get('/', ada.cookie)).html).toContain('Hello Ada')
    expect(server.log).not.toMatch(/UNAUTHENTICATED|TOKEN_REJECTED/)
  })

  it('lets Better Auth accept the host names of the page, with --host', async () => {
    const { port } = new URL(server.url)
    expect((await server.signUp('Bob', `http://device.test:${port}`)).status).toBe(200)
    expect((await server.signUp('Eve', `http://other.test:${port}`)).status).toBe(403)
  })
})

describe('nuxt dev with a convex.config that cannot be read, and `branchData`', () => {
  let app: DevApp
  let server: DevServer
  let config: string
  const port = freePort()
  beforeAll(async () => {
    app = createApp()
    app.write('nuxt.config.ts', configOf('{ dev: { branchData: true } }'))
    app.write('.git/HEAD', 'ref: refs/heads/main\n')
    config = app.read('convex/convex.config.ts')
    app.write('convex/convex.config.ts', 'export default 1')
    const other = createServer().listen(await port, 'localhost')
    await once(other, 'listening')
    server = await app.dev({ port: await port })
    other.close()
  })

  it('starts, names the file, and starts the deployment once the file is corrected', async () => {
    const { html, status } = await server.get('/')
    expect(status).toBe(200)
    expect(html).toContain('Hello stranger')
    await eventually(() => server.log).toMatch(/convex\.config\.ts must be the return value of `?defineApp\(\)/)
    app.write('convex/convex.config.ts', config)
    await eventually(() => server.log).toContain('The functions are loaded again.')
    expect(app.read('convex/_generated/api.d.ts')).toContain('"tasks"')
    // The app's server starts again.
    await eventually(async () => (await server.get('/')).status).toBe(200)
  })

  it('chooses the next port if its port is in use, and Better Auth then expects this origin', async () => {
    expect(Number(new URL(server.url).port)).not.toBe(await port)
    expect((await server.signUp('Ada')).status).toBe(200)
  })

  it('restarts with the data of the branch that is checked out', async () => {
    expect(server.log).toContain('Data: kept in .convex-local/branches/main')
    await server.restart(() => app.write('.git/HEAD', 'ref: refs/heads/other\n'))
    expect(app.exists('.convex-local/branches/other')).toBe(true)
    // The account belongs to the data of the other branch.
    expect((await server.signUp('Ada')).status).toBe(200)
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
