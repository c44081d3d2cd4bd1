import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Deployment } from '../../src/testing/index.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest'
import { deferred } from '../../src/testing/functions/deferred.ts'
import { launchBrowser, launchBrowserWithPageCache } from '../support/browser/browser.ts'
import { api } from '../support/convex/_generated/api.js'
import { createBrowserFetch, startFixture } from '../support/live/deployment.ts'
import { freePort } from '../support/live/free-port.ts'
import { serve } from '../support/live/serve.ts'
import { plainEnv } from './build-app.ts'

/** Some presets listen on a port of their own. */
const LISTEN_ON_PORT = new URL('./listen-on-port.mjs', import.meta.url).href

/** A request of the app's server to the deployment: method and path. */
export type Asked = string[]

export interface NuxtFixture {
  /** The address of the app's pages, with its `baseURL`. */
  readonly url: string
  /** The console output of the server. */
  readonly log: string
  /** The id of the server's process. */
  readonly pid: number
  readonly deployment: Deployment
  /** The requests of the app's server to the deployment since the last call. */
  takeServerRequests: () => Asked
  /** Answers instead of the deployment if it returns a response. */
  intercept: (answer: (request: Request) => Response | undefined | Promise<Response | undefined>) => void
  /** Signs up a user with these tasks, and returns the user's cookies. */
  signUp: (name: string, tasks?: string[]) => Promise<TestUser>
  /** Requests a page without running its JavaScript. */
  get: (path: string, cookie?: string, headers?: Record<string, string>) => Promise<{ status: number, headers: Headers, html: string }>
  /**
   * Renders pages of a user until the server has received the public keys, with which it verifies the tokens of cookies.
   */
  receiveKeys: (user: TestUser) => Promise<void>
  openProfile: (cookie?: string, options?: { javaScriptEnabled?: boolean }) => Promise<BrowserContext>
  openWindow: (profile: BrowserContext, path: string) => Promise<Window>
}

export interface TestUser {
  userId: string
  name: string
  email: string
  /** The `Cookie` header of the user's browser. */
  readonly cookie: string
  cookies: Map<string, string>
}

export interface Window {
  page: Page
  /** Requests of the page, without its files and documents. */
  requests: string[]
  /** The messages that each socket sent, by type. */
  sent: string[][]
  expectProblem: (pattern: RegExp) => void
}

export interface NuxtFixtureOptions {
  /** The folder of the build. @default the build that all files share */
  output?: () => string
  /** The deployment's port. @default any free one */
  deploymentPort?: number
  /** The app's `baseURL`, without a slash at its end. @default '' */
  base?: string
  /** The path of Better Auth's routes. @default '/api/auth' */
  authPath?: string
  /**
   * Whether the browser has a back/forward cache. Playwright cannot access pages while they are in this cache. @default
   * false
   */
  keepsPages?: boolean
  /** The file to run, relative to the build; or the host that runs the build of its preset. @default 'server/index.mjs' */
  entry?: string | { host: string }
  /** Further variables in the environment of the server. @default {} */
  env?: Record<string, string>
  /** Variables in the environment of the deployment's functions, for the app's origin. @default none */
  deploymentEnv?: (origin: string) => Record<string, string>
  /** The folder of the deployment's functions. @default the functions that the tests share */
  functions?: string
}

/**
 * A server of the built app in front of a deployment, for one test file. Warnings and errors of a page fail the test.
 */
export function useNuxtApp(options: NuxtFixtureOptions = {}): NuxtFixture {
  const { output = () => inject('nuxtOutput'), entry = 'server/index.mjs', deploymentPort = 0 } = options
  const { base = '', authPath = '/api/auth', keepsPages = false, env = {}, deploymentEnv = () => ({}), functions } = options
  let url: string
  let pid: number
  let log = ''
  let deployment: Deployment
  /** Started only if a test opens a page. */
  let browser: Promise<Browser> | undefined
  let asked: Asked = []
  let intercepted: Parameters<NuxtFixture['intercept']>[0] = () => undefined
  let problems: string[] = []
  let expected: RegExp[] = []
  let stop: () => Promise<unknown>
  let signUps = 0

  beforeAll(async () => {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    url = origin + base
    deployment = await startFixture({ siteUrl: origin, port: deploymentPort, env: deploymentEnv(origin), ...functions && { functions } })
    // Stands in front of the deployment and records each request of the app's server.
    const gates = await Promise.all([deployment.url, deployment.siteUrl].map(upstream => serve(async (request) => {
      const { pathname, search } = new URL(request.url)
      // A server requests the public keys once, with any of its first pages.
      if (!/\/convex\/(?:jwks|\.well-known)/.test(pathname))
        asked.push(`${request.method} ${pathname}`)
      const { headers, method, signal } = request
      headers.delete('connection')
      const body = request.body && await request.arrayBuffer()
      const answer = await intercepted(new Request(request.url, { method, headers, body, signal }))
        ?? await fetch(upstream + pathname + search, { method, headers, body, redirect: 'manual', signal })
      return new Response(answer.body, { status: answer.status, headers: answer.headers })
    })))
    const command = typeof entry === 'string' ? [join(output(), entry)] : [entry.host, output()]
    const server = spawn(process.execPath, ['--import', LISTEN_ON_PORT, ...command], {
      env: {
        ...plainEnv(),
        HOST: 'localhost',
        PORT: String(port),
        // The browser's sockets connect to the deployment itself.
        NUXT_PUBLIC_CONVEX_URL: deployment.url,
        NUXT_PUBLIC_CONVEX_SITE_URL: gates[1]!.url,
        NUXT_CONVEX_SERVER_URL: gates[0]!.url,
        NUXT_APP_BASE_URL: `${base}/`,
        ...env,
      },
    })
    pid = server.pid!
    stop = async () => {
      // The server may have ended by itself, which a test checks.
      if (server.kill())
        await once(server, 'exit')
      await Promise.all([...gates.map(gate => gate.close())])
    }
    await new Promise<void>((resolve, reject) => {
      for (const stream of [server.stdout, server.stderr]) {
        stream.on('data', (chunk) => {
          log += chunk
          if (log.includes('Listening'))
            resolve()
        })
      }
      server.once('exit', () => reject(new Error(`The server has ended:\n${log}`)))
    })
  })

  afterAll(async () => {
    await (await browser)?.close()
    await stop?.()
    await deployment?.close()
  })

  afterEach(async () => {
    await Promise.all((await browser)?.contexts().map(profile => profile.close()) ?? [])
    const unexpected = problems.filter(problem => !expected.some(pattern => pattern.test(problem)))
    problems = []
    expected = []
    asked = []
    intercepted = () => undefined
    expect(unexpected, 'problems of pages').toEqual([])
  })

  return {
    get url() {
      return url
    },
    get log() {
      return log
    },
    get pid() {
      return pid
    },
    get deployment() {
      return deployment
    },
    takeServerRequests: () => asked.splice(0),
    intercept: answer => void (intercepted = answer),
    async signUp(name, tasks = []) {
      const email = `${name.toLowerCase()}${++signUps}@example.com`
      const browserFetch = createBrowserFetch(new URL(url).origin)
      const response = await browserFetch(`${url}${authPath}/sign-up/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, email, password: 'correct horse battery' }),
      })
      expect(response.status).toBe(200)
      const { user: { id: userId } } = await response.json() as { user: { id: string } }
      for (const text of tasks)
        await deployment.mutation(api.tasks.add, { text }, { identity: { subject: userId } })
      const { cookies } = browserFetch
      return {
        userId,
        name,
        email,
        cookies,
        get cookie() {
          return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
        },
      }
    },
    async get(path, cookie = '', headers = {}) {
      const response = await fetch(url + path, { headers: { ...(cookie ? { cookie } : {}), ...headers }, redirect: 'manual' })
      return { status: response.status, headers: response.headers, html: await response.text() }
    },
    async receiveKeys({ cookie }) {
      const previous = intercepted
      /** With the keys, the server sends the queries of a page before the session has arrived. */
      const isWarm = async (): Promise<boolean> => {
        const { promise, resolve } = deferred<boolean>()
        intercepted = async ({ url }) => {
          if (url.endsWith('/api/query'))
            resolve(true)
          if (url.endsWith('/get-session')) {
            await Promise.race([promise, setTimeout(1000)])
            resolve(false)
          }
          return undefined
        }
        await this.get('/five', cookie)
        return await promise
      }
      while (!await isWarm());
      intercepted = previous
      asked = []
    },
    async openProfile(cookie = '', options = {}) {
      browser ??= keepsPages ? launchBrowserWithPageCache() : launchBrowser()
      const profile = await (await browser).newContext(options)
      profile.setDefaultTimeout(120_000)
      await profile.addCookies(cookie.split('; ').filter(Boolean).map((pair) => {
        const [name = '', ...value] = pair.split('=')
        return { name, value: value.join('='), url: new URL(url).origin, httpOnly: true, sameSite: 'Lax' as const }
      }))
      return profile
    },
    async openWindow(profile, path) {
      const page = await profile.newPage()
      const requests: string[] = []
      const sent: string[][] = []
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          problems.push(`${message.text()} (${message.location().url})`)
      })
      page.on('pageerror', error => problems.push(error.stack || String(error)))
      page.on('request', (request) => {
        const { pathname } = new URL(request.url())
        if (!pathname.startsWith(`${base}/_nuxt/`) && request.resourceType() !== 'document')
          requests.push(`${request.method()} ${pathname}`)
      })
      page.on('websocket', (socket) => {
        const types: string[] = []
        sent.push(types)
        socket.on('framesent', ({ payload }) => types.push(JSON.parse(String(payload)).type))
      })
      await page.goto(path.startsWith('/') ? url + path : path)
      return { page, requests, sent, expectProblem: pattern => expected.push(pattern) }
    },
  }
}

/** The text of the element with this id. */
export function textOf(html: string, id: string): string | undefined {
  return new RegExp(`id="${id}"[^>]*>(.*?)</`, 's').exec(html)?.[1]?.replaceAll(/<!--.*?-->/g, '').trim()
}
