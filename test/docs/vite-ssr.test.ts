// @vitest-environment node
import type { Deployment } from 'convue/testing'
import type { Browser } from 'playwright-core'
import type { InlineConfig } from 'vite'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { startDeployment } from 'convue/testing'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { launchBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/environment/eventually.ts'
import { serve } from '../support/live/serve.ts'
import { APP, pages, ROOT, writeApp } from './examples.ts'
import { signUpAda } from './visit.ts'

const PAGE = 'docs/guides/server-rendering-with-vite.md'

let deployment: Deployment
let server: Awaited<ReturnType<typeof serve>>
let browser: Browser
let origin: string
let respond: (request: Request) => Promise<Response>
let ada: { id: string, cookie: string }
let seed: any

beforeAll(async () => {
  await writeApp()
  await writeFile(join(APP, 'index.html'), /```html\n([\s\S]*?)```/.exec(pages.get(PAGE)!)![1]!)
  server = await serve(request => respond(request))
  origin = server.url.replace('127.0.0.1', 'localhost')
  deployment = await startDeployment({ functions: join(APP, 'convex'), siteUrl: origin })
  vi.stubEnv('VITE_CONVEX_URL', deployment.url)
  vi.stubEnv('VITE_CONVEX_SITE_URL', deployment.siteUrl)
  await buildApp()

  const { respond: renderPage } = await import(/* @vite-ignore */ join(APP, 'dist/server/entry-server.js'))
  const template = await readFile(join(APP, 'dist/client/index.html'), 'utf8')
  respond = async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/assets/'))
      return new Response(await readFile(join(APP, 'dist/client', pathname)), { headers: { 'content-type': 'text/javascript' } })
    return await renderPage(request, template, { address: '127.0.0.1' })
  }
  ada = await signUpAda(deployment, origin)
  seed = (await import(/* @vite-ignore */ join(APP, 'convex/_generated/api.js'))).internal.seed
  await deployment.mutation(seed.reset, { ada: ada.id })
  browser = await launchBrowser()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await browser?.close()
  await server?.close()
  await deployment?.close()
})

/** Builds both sides of the app, as its own `vite build` does. */
async function buildApp(): Promise<void> {
  const shared: InlineConfig = {
    root: APP,
    configFile: false,
    logLevel: 'error',
    plugins: [vue()],
    resolve: {
      alias: [
        { find: /^convue\/server$/, replacement: join(ROOT, 'src/server/index.ts') },
        { find: /^convue$/, replacement: join(ROOT, 'src/index.ts') },
      ],
    },
  }
  await build({ ...shared, build: { outDir: 'dist/client' } })
  await build({ ...shared, build: { outDir: 'dist/server', ssr: 'src/ssr/entry-server.ts' } })
}

describe('an app that renders with Vite', () => {
  it('renders a page with the data of its user, which no cache may store', async () => {
    const response = await fetch(origin, { headers: { cookie: ada.cookie } })
    const html = await response.text()
    expect(html).toContain('<h1>Tasks of Ada</h1>')
    expect(html).toMatch(/<li[^>]*>\s*Buy milk/)
    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })

  it('renders a page without data for an anonymous user', async () => {
    const html = await (await fetch(origin)).text()
    expect(html).toContain('<h1>Tasks of an anonymous user</h1>')
    expect(html).not.toContain('Buy milk')
  })

  it('hydrates the page without a mismatch, and makes its queries live', async () => {
    const profile = await browser.newContext()
    await profile.addCookies(ada.cookie.split('; ').map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return { name, value: value.join('='), url: origin }
    }))
    const page = await profile.newPage()
    const problems: string[] = []
    page.on('console', message => ['error', 'warning'].includes(message.type()) && problems.push(message.text()))
    page.on('pageerror', error => problems.push(String(error)))
    const requests: string[] = []
    page.on('request', request => requests.push(new URL(request.url()).pathname))

    await page.goto(origin)
    await page.locator('ul[aria-busy=false]').waitFor()
    expect(await page.locator('li').allTextContents()).toEqual(expect.arrayContaining([expect.stringContaining('Buy milk')]))
    expect(await page.content()).not.toContain('eyJ')
    expect(requests.filter(path => path.endsWith('/convex/token'))).toEqual([])
    const { api } = await import(/* @vite-ignore */ join(APP, 'convex/_generated/api.js'))
    await deployment.mutation(api.tasks.add, { text: 'Water the ferns' }, { identity: { subject: ada.id } })
    await eventually(() => page.locator('li', { hasText: 'Water the ferns' }).count()).toBe(1)
    expect(problems).toEqual([])
    await profile.close()
  })
})
