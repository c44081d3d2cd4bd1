import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build, createLogger, preview } from 'vite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { convue } from '../../src/vite/index.ts'
import { serve } from '../support/live/serve.ts'
import { useViteApps } from './vite-app.ts'

describe('convue() with VITE_CONVEX_URL', () => {
  const createApp = useViteApps()

  /** Stands for the HTTP actions of a deployment: answers with the host and the path of a request. */
  async function startSite(): Promise<string> {
    const { url, close } = await serve(async request => Response.json({ host: request.headers.get('host'), path: new URL(request.url).pathname }))
    onTestFinished(() => close() as Promise<void>)
    return url
  }

  it('starts no deployment, and passes /api/auth on with the host of the deployment', async () => {
    const site = await startSite()
    const app = createApp()
    app.write('.env.local', `VITE_CONVEX_URL=https://a.example.com\nVITE_CONVEX_SITE_URL=${site}\n`)
    const { url, convexUrl } = await app.start()
    expect(await convexUrl()).toBe('https://a.example.com')
    expect(await (await fetch(`${url}/api/auth/get-session`)).json()).toEqual({ host: new URL(site).host, path: '/api/auth/get-session' })
    expect(existsSync(join(app.root, '.convex-local'))).toBe(false)
    expect(existsSync(join(app.root, 'convex/_generated'))).toBe(false)
  })

  it('serves neither the data viewer nor its data', async () => {
    const app = createApp()
    app.write('.env.local', 'VITE_CONVEX_URL=https://a.example.com\nVITE_CONVEX_SITE_URL=https://a.example.site\n')
    const { url } = await app.start()
    for (const path of ['/__convue', '/__convue/api/tables', '/__convue/api/users', '/__convue/mail']) {
      const response = await fetch(`${url}${path}`, { headers: { 'sec-fetch-site': 'same-origin' } })
      expect(response.headers.get('content-type') ?? '', path).not.toContain('json')
      expect(await response.text(), path).not.toContain('Convue data')
    }
  })

  it('passes /api/auth on in vite preview, too, and starts nothing in vite build', async () => {
    const site = await startSite()
    const app = createApp({ functions: false })
    app.write('.env', `VITE_CONVEX_URL=https://a.example.com\nVITE_CONVEX_SITE_URL=${site}\n`)
    app.write('main.ts', 'document.title = import.meta.env.VITE_CONVEX_URL\n')
    const config = { root: app.root, configFile: false as const, logLevel: 'silent' as const, plugins: [convue()] }
    const result = await build({ ...config, build: { minify: false } })
    expect(JSON.stringify(result)).toContain('https://a.example.com')
    const server = await preview({ ...config, preview: { port: 0 } })
    onTestFinished(() => server.close())
    const { path } = await (await fetch(new URL('/api/auth/ok', server.resolvedUrls!.local[0]))).json() as { path: string }
    expect(path).toBe('/api/auth/ok')
  })

  it('warns when vite build does not know the address of the deployment', async () => {
    const app = createApp({ functions: false })
    const warnings: string[] = []
    const customLogger = { ...createLogger('silent'), warn: (message: string) => void warnings.push(message) }
    await build({ root: app.root, configFile: false, customLogger, plugins: [convue()] })
    expect(warnings).toEqual([expect.stringContaining('VITE_CONVEX_URL is not set')])
    app.write('.env', 'VITE_CONVEX_URL=https://a.convex.cloud\n')
    await build({ root: app.root, configFile: false, customLogger, plugins: [convue()] })
    expect(warnings).toHaveLength(1)
  })

  it('names the variable and the fix when Vite starts with an invalid address', async () => {
    const app = createApp({ functions: false })
    app.write('.env', 'VITE_CONVEX_URL=localhost:3210\n')
    await expect(app.start()).rejects.toMatchObject({ code: 'DEPLOYMENT_URL_INVALID', why: expect.stringContaining('VITE_CONVEX_URL is "localhost:3210"') })
  })

  it('names both versions when Vite is too old', async () => {
    const app = createApp({ functions: false })
    app.write('node_modules/vite/package.json', '{ "name": "vite", "version": "6.4.1" }')
    await expect(app.start()).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      why: 'vite 6.4.1 is installed, but Convue works with vite >=7.0.0 <9.0.0.',
    })
  })
})
