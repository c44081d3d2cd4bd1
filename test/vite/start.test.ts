import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { createServer } from 'vite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { EmbeddedDeployment } from '../../src/dev/embedded-deployment.ts'
import { findFreePort } from '../../src/dev/free-port.ts'
import { convue } from '../../src/vite/index.ts'
import { eventually } from '../support/environment/eventually.ts'
import { useViteApps } from './vite-app.ts'

const api = anyApi as any

describe('convue() in vite dev, when functions have errors at the start', () => {
  const createApp = useViteApps()
  const greetings = (text: string): string => `import { query } from './_generated/server'\nexport const greet = query({ handler: () => ${text} })\n`

  it('starts Vite, shows the error, and starts the deployment once it is corrected', async () => {
    const app = createApp({ functions: false })
    app.write('convex/greetings.ts', greetings('((('))
    const { vite, url, convexUrl } = await app.start({ seed: 'seed:default' })
    expect(existsSync(join(app.root, 'convex/_generated/api.d.ts'))).toBe(true)
    const received: any[] = []
    const page = new WebSocket(`${url.replace('http', 'ws')}/?token=${vite.config.webSocketToken}`, 'vite-hmr')
    onTestFinished(() => page.close())
    page.addEventListener('message', ({ data }) => void received.push(JSON.parse(data)))
    await eventually(() => received.at(-1)?.err).toMatchObject({ plugin: 'convue', loc: { line: 2 } })
    const sent: any[] = []
    vi.spyOn(vite.environments.client.hot, 'send').mockImplementation((payload: any) => void sent.push(payload))

    app.write('convex/seed.ts', 'import { internalMutation } from \'./_generated/server\'\nexport default internalMutation(async () => {})\n')
    await eventually(() => sent.at(-1)?.err).toMatchObject({ loc: { file: join(app.root, 'convex/greetings.ts'), line: 2 } })
    await vite.restart()
    expect(vite.resolvedUrls!.local[0]).toBe(`${url}/`)

    vi.spyOn(vite.environments.client.hot, 'send').mockImplementation((payload: any) => void sent.push(payload))
    app.write('convex/greetings.ts', greetings('\'Hello\''))
    await eventually(() => sent.map(({ type }) => type)).toContain('full-reload')
    const client = new ConvexHttpClient(await convexUrl(), { logger: false })
    expect(await client.query(api.greetings.greet, {})).toBe('Hello')
  })
})

describe('convue() in vite dev, when Vite closes early', () => {
  const createApp = useViteApps()
  const GREETING = 'import { query } from \'./_generated/server\'\nexport const greet = query(() => \'Hello\')\n'

  it('frees the port that is reserved for a server that does not listen', async () => {
    const { root, write } = createApp({ functions: false })
    write('convex/greetings.ts', GREETING)
    const vite = await createServer({ root, configFile: false, logLevel: 'silent', plugins: [convue({ data: false })], server: { port: 21_900 } })
    const { port } = vite.config.server
    expect(await findFreePort(port, 'localhost')).toBeGreaterThan(port)
    await vite.close()
    expect(await findFreePort(port, 'localhost')).toBe(port)
  })

  it('closes a deployment that starts, after its functions are corrected, while Vite closes', async () => {
    const { root, write } = createApp({ functions: false })
    write('convex/greetings.ts', GREETING.replace('() =>', '(((('))
    const options = { seed: null, start: { functions: join(root, 'convex') } }
    const embedded = await EmbeddedDeployment.start(options, 'http://localhost:5173')
    expect(embedded.problem).toMatchObject({ code: 'FUNCTIONS_INVALID' })
    const onStart = vi.fn()
    embedded.onStart(onStart)

    write('convex/greetings.ts', GREETING)
    const starting = embedded.reload()
    await embedded.release()
    await starting
    await expect(fetch(`${embedded.url}/version`)).rejects.toThrow('fetch failed')
    expect(onStart).not.toHaveBeenCalled()
  })
})

describe('convue() in vite dev, when a setting changes', () => {
  const createApp = useViteApps()
  const FUNCTION = 'import { query } from \'./_generated/server\'\nexport const get = query({ handler: () => process.env.GREETING ?? null })\n'
  const greetingOf = async (url: string): Promise<unknown> => new ConvexHttpClient(url, { logger: false }).query(api.greeting.get, {})

  it('uses the changed variables of convex/.env, now and after the next start', async () => {
    const app = createApp({ functions: false })
    app.write('convex/greeting.ts', FUNCTION)
    app.write('convex/.env', 'GREETING=Hello\n')
    const first = await app.start()
    const url = await first.convexUrl()
    expect(await greetingOf(url)).toBe('Hello')
    app.write('convex/.env', 'GREETING="Good morning"\n')
    await eventually(() => greetingOf(url)).toBe('Good morning')
    app.write('convex/.env', '')
    await eventually(() => greetingOf(url)).toBe(null)
    await first.vite.close()
    app.write('convex/.env', 'GREETING="Good evening"\n')
    expect(await greetingOf(await (await app.start()).convexUrl())).toBe('Good evening')
  })

  it('uses the folder that convex.json names now', async () => {
    const app = createApp({ functions: false })
    app.write('convex/greeting.ts', FUNCTION)
    app.write('backend/greeting.ts', FUNCTION.replace('process.env.GREETING ?? null', '\'from the backend\''))
    const { vite, url, convexUrl } = await app.start()
    expect(await greetingOf(await convexUrl())).toBe(null)
    await eventually(async () => {
      // The watcher may not be ready at first.
      app.write('convex.json', `{ "functions": "backend", "node": { "externalPackages": [] } }${' '.repeat(performance.now() % 9)}`)
      return await greetingOf(await convexUrl()).catch(() => 'not yet')
    }).toBe('from the backend')
    // The new server answers before it listens.
    await eventually(() => vite.resolvedUrls?.local[0]).toBe(`${url}/`)
  })
})

describe('convue({ seed })', () => {
  const createApp = useViteApps()
  const seed = (body: string): string => `import { internalMutation, query } from './_generated/server'
    export const words = query({ handler: async ctx => (await ctx.db.query('words').collect()).map(({ text }) => text) })
    export default internalMutation({ handler: async (ctx) => { ${body} } })\n`

  const wordsOf = async (url: string): Promise<unknown> => new ConvexHttpClient(url, { logger: false }).query(api.seed.words, {})

  it.each(['seed:default', 'internal.seed.default', 'seed'])('runs the function %j once', async (path) => {
    const app = createApp({ functions: false })
    app.write('convex/seed.ts', seed('await ctx.db.insert(\'words\', { text: \'first\' })'))
    for (let start = 1; start <= 2; start++) {
      const { vite, convexUrl } = await app.start({ seed: path })
      expect(await wordsOf(await convexUrl())).toEqual(['first'])
      await vite.close()
    }
  })

  it('runs the function again after it has failed', async () => {
    const app = createApp({ functions: false })
    app.write('convex/seed.ts', seed('throw new Error(\'no words\')'))
    await expect(app.start({ seed: 'seed:default' })).rejects.toMatchObject({ code: 'SEED_FAILED', why: expect.stringContaining('no words') })
    app.write('convex/seed.ts', seed('await ctx.db.insert(\'words\', { text: \'second\' })'))
    expect(await wordsOf(await (await app.start({ seed: 'seed:default' })).convexUrl())).toEqual(['second'])
  })

  it('rejects with SEED_INVALID if no function has the path', async () => {
    const app = createApp({ functions: false })
    app.write('convex/seed.ts', seed(''))
    await expect(app.start({ seed: 'seeds:default', data: false })).rejects.toMatchObject({ code: 'SEED_INVALID' })
  })
})
