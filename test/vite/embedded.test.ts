import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { ConvexHttpClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { createLogger } from 'vite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { useViteApps } from './vite-app.ts'

const api = anyApi as any

describe('convue() in vite dev, without variables', () => {
  const createApp = useViteApps()

  const signUp = (url: string, email = 'ada@example.com'): Promise<Response> => fetch(`${url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'origin': url },
    body: JSON.stringify({ email, password: 'correct horse battery', name: 'Ada' }),
  })

  it('serves a page with a deployment, and Better Auth on the origin of the page', async () => {
    const app = createApp()
    const { url, convexUrl } = await app.start()

    const response = await signUp(url)
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie().join()).toMatch(/session_token=.*SameSite=Lax/)
    const client = new ConvexHttpClient(await convexUrl(), { logger: false })
    expect(await client.query(api.users.whoami, {})).toBeNull()
    expect(existsSync(join(app.root, 'convex/_generated/api.d.ts'))).toBe(true)
    expect(readFileSync(join(app.root, '.convex-local/.gitignore'), 'utf8')).toBe('*\n')
  })

  it('passes on only the paths of `proxy`, and the paths below them', async () => {
    const { url } = await createApp().start({ proxy: ['/api/auth', '/hooks'], data: false })
    expect(await (await fetch(`${url}/api/auth/ok`)).json()).toEqual({ ok: true })
    // The deployment answers the first path, for which it has no route; Vite answers the second.
    expect(await (await fetch(`${url}/hooks/stripe`)).text()).toContain('No matching routes found')
    expect(await (await fetch(`${url}/api/authors`, { headers: { accept: 'text/html' } })).text()).toContain('main.ts')
  })

  it('keeps the deployment while Vite restarts, and the data for the next start', async () => {
    const app = createApp()
    const first = await app.start()
    const address = await first.convexUrl()
    expect((await signUp(first.url)).status).toBe(200)

    await first.vite.restart()
    expect(await first.convexUrl()).toBe(address)
    expect((await signUp(first.url)).status).toBe(422)

    await first.vite.close()
    await expect(fetch(address)).rejects.toThrow('fetch failed')
    const second = await app.start()
    expect((await signUp(second.url)).status).toBe(422)
  })

  it('does not watch the folder of the data, whatever its name is', async () => {
    const app = createApp()
    const { vite } = await app.start({ data: 'local-data' })
    const seen = new Set<string>()
    vite.watcher.on('all', (_event, file) => seen.add(relative(app.root, file)))
    // The watcher may not be ready at first, and then never notices a folder that was created too early. So both
    // folders receive new files, in a new folder beside the data each time, until the watcher notices one of them.
    let attempt = 0
    await eventually(() => {
      attempt++
      app.write(`local-data/note-${attempt}.txt`, '')
      app.write(`other-${attempt}/note.txt`, '')
      return [...seen].some(file => file.startsWith('other-'))
    }).toBe(true)
    expect([...seen].filter(file => file.startsWith('local-data'))).toEqual([])
  })

  it('keeps no data after Vite has stopped, with `data: false`', async () => {
    const app = createApp()
    const first = await app.start({ data: false })
    expect((await signUp(first.url)).status).toBe(200)
    await first.vite.close()
    expect(existsSync(join(app.root, '.convex-local'))).toBe(false)
    expect((await signUp((await app.start({ data: false })).url)).status).toBe(200)
  })

  it('chooses the next port, and Better Auth then expects this origin', async () => {
    const app = createApp()
    const first = await app.start({ data: false })
    const second = await app.start({ data: false, env: { SECOND: 'true' } }, { server: { port: Number(new URL(first.url).port) } })
    expect(Number(new URL(second.url).port)).toBeGreaterThan(Number(new URL(first.url).port))
    expect((await signUp(second.url)).status).toBe(200)
  })

  it('accepts sign-ups of the pages of two servers that share the deployment of an app', async () => {
    const app = createApp()
    const first = await app.start()
    const second = await app.start({}, { server: { port: Number(new URL(first.url).port) } })
    expect(await second.convexUrl()).toBe(await first.convexUrl())
    expect(second.url).not.toBe(first.url)
    expect((await signUp(second.url)).status).toBe(200)
    expect((await signUp(first.url, 'grace@example.com')).status).toBe(200)
  })

  it('keeps the origins of two servers of an app that restart at the same time', async () => {
    const app = createApp()
    const first = await app.start()
    const second = await app.start({}, { server: { port: Number(new URL(first.url).port) } })
    await Promise.all([first.vite.restart(), second.vite.restart()])
    const urls = [first, second].map(({ vite }) => vite.resolvedUrls!.local[0]!.replace(/\/$/, ''))
    expect(urls).toEqual([first.url, second.url])
    expect((await signUp(first.url)).status).toBe(200)
    expect((await signUp(second.url, 'grace@example.com')).status).toBe(200)
  })

  it('answers a sign-up during which both servers load the functions again', async () => {
    const app = createApp()
    const first = await app.start()
    const second = await app.start({}, { server: { port: Number(new URL(first.url).port) } })
    const variables = readFileSync(join(app.root, 'convex/.env'), 'utf8')
    const client = new ConvexHttpClient(await first.convexUrl(), { logger: false })
    app.write('convex/round.ts', 'import { query } from \'./_generated/server\'\nexport const round = query({ handler: () => process.env.ROUND })\n')
    for (const round of ['1', '2']) {
      app.write('convex/.env', `${variables}ROUND=${round}\n`)
      const answers = [signUp(first.url, `ada@${round}.example.com`), signUp(second.url, `bea@${round}.example.com`)]
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
      await eventually(() => client.query(api.round.round, {}).catch(() => null)).toBe(round)
    }
  })

  it('prints at most five lines at the start, and the lines of functions with their name', async () => {
    const app = createApp({ functions: false })
    app.write('convex/talk.ts', 'import { query } from \'./_generated/server\'\nexport const hello = query({ handler: () => console.warn(\'hello\') })\n')
    const printed: string[] = []
    const customLogger = { ...createLogger('silent'), info: (message: string) => void printed.push(stripVTControlCharacters(message)) }
    const { vite, url, convexUrl } = await app.start({}, { customLogger })
    printed.length = 0
    vite.printUrls()
    const ours = printed.filter(line => !line.includes('Local:') && !line.includes('Network:'))
    expect(ours.map(line => line.replace('➜', '').trim())).toEqual([
      'Convex: embedded deployment, without an account',
      'Functions: convex, loaded again when you save a file',
      'Data: kept in .convex-local',
      `Tables, log and mails: ${url}/__convue`,
      'Auth: /api/auth on the origin of the page',
    ])
    const output: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk: unknown) => output.push(String(chunk)) > 0)
    onTestFinished(() => void vi.restoreAllMocks())
    await new ConvexHttpClient(await convexUrl(), { logger: false }).query(api.talk.hello, {})
    await eventually(() => output.join('')).toContain('[CONVEX Q(talk:hello)] [WARN] \'hello\'')
  })

  it('reserves ports of their own for two servers that start at once', async () => {
    const servers = await Promise.all([createApp(), createApp()].map(app => app.start({ data: false })))
    for (const { url } of servers)
      expect((await signUp(url)).status).toBe(200)
  })

  it('does nothing in tests of the app', async () => {
    vi.stubEnv('VITEST', 'true')
    const app = createApp()
    const { vite } = await app.start()
    expect((await vite.transformRequest('/main.ts'))!.code).not.toContain('http://')
    expect(existsSync(join(app.root, '.convex-local'))).toBe(false)
  })
})

describe('convue() in vite dev, when a function changes', () => {
  const createApp = useViteApps()
  const GREET = (text: string): string => `import { query } from './_generated/server'\nexport const greet = query({ handler: () => ${text} })\n`

  it('reloads the functions, and shows an error in the page until it is corrected', async () => {
    const app = createApp({ functions: false })
    app.write('convex/greetings.ts', GREET('\'Hello\''))
    const { vite, convexUrl } = await app.start({ data: false })
    const client = new ConvexHttpClient(await convexUrl(), { logger: false })
    const greet = (): Promise<unknown> => client.query(api.greetings.greet, {})
    expect(await greet()).toBe('Hello')
    const sent: any[] = []
    vi.spyOn(vite.environments.client.hot, 'send').mockImplementation((payload: any) => void sent.push(payload))

    app.write('convex/greetings.ts', GREET('\'Good morning\''))
    await eventually(greet).toBe('Good morning')
    expect(sent.filter(({ type }) => type === 'error')).toEqual([])

    app.write('convex/greetings.ts', GREET('((('))
    await eventually(() => sent.at(-1)?.err?.message).toContain('greetings.ts:2')
    expect(sent.at(-1).err).toMatchObject({ plugin: 'convue', loc: { file: join(app.root, 'convex/greetings.ts'), line: 2 } })
    expect(await greet()).toBe('Good morning')

    app.write('convex/greetings.ts', GREET('\'Good evening\''))
    await eventually(greet).toBe('Good evening')
    await eventually(() => sent.at(-1)).toEqual({ type: 'update', updates: [] })
    expect(sent.map(({ type }) => type)).not.toContain('full-reload')
  })
})
