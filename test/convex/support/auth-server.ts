/** A server of Better Auth in this process, whose data are in memory, and browsers that use it. */
import type { BrowserFetch } from '../../../src/testing/browser-fetch.ts'
import type { Line } from './lines.ts'
import { createBrowserFetch } from '../../../src/testing/browser-fetch.ts'
import { loadLine } from './lines.ts'

export const SITE_URL = 'https://app.example'
export const PASSWORD = 'correct horse battery'

type Modules = Awaited<ReturnType<typeof loadLine>>
type AuthOptions = Parameters<Modules['betterAuth']>[0]

export interface AuthServer {
  modules: Modules
  auth: { api: any, handler: (request: Request) => Promise<Response>, $context: Promise<any> }
  /** The tables. */
  db: Record<string, any[]>
  /** The same tables, with other options. */
  withOptions: (options: (modules: Modules) => AuthOptions) => AuthServer
  openBrowser: () => AuthBrowser
}

export interface AuthBrowser {
  fetch: BrowserFetch
  get: (path: string) => Promise<any>
  post: (path: string, body?: object) => Promise<any>
  /** The value of the cookie `convex_jwt`. */
  readonly tokenCookie: string | undefined
}

let users = 0
export const nextEmail = (): string => `user${++users}@example.com`

/** Starts a server with the plugins and options of a test. */
export async function createAuthServer(line: Line, options: (modules: Modules) => AuthOptions): Promise<AuthServer> {
  const modules = await loadLine(line)
  return start(modules, { user: [], session: [], account: [], verification: [], jwks: [], twoFactor: [] }, options)
}

function start(modules: Modules, db: AuthServer['db'], options: (modules: Modules) => AuthOptions): AuthServer {
  const auth = modules.betterAuth({
    baseURL: SITE_URL,
    secret: 'a secret that only these tests use, and nothing else',
    database: modules.memoryAdapter(db),
    emailAndPassword: {
      enabled: true,
      // Hashing a password would take 100 ms.
      password: { hash: async password => password, verify: async ({ hash, password }) => hash === password },
    },
    rateLimit: { enabled: false },
    // By default, Better Auth does not check origins in tests.
    advanced: { disableOriginCheck: false, disableCSRFCheck: false },
    telemetry: { enabled: false },
    logger: { level: 'error' },
    ...options(modules),
  }) as AuthServer['auth']
  return {
    modules,
    auth,
    db,
    withOptions: next => start(modules, db, next),
    openBrowser: () => openBrowser(auth.handler),
  }
}

function openBrowser(handler: AuthServer['auth']['handler']): AuthBrowser {
  const browserFetch = createBrowserFetch({
    origin: SITE_URL,
    send: async (url, init) => {
      const response = await handler(new Request(url, init))
      return { response, setCookies: response.headers.getSetCookie() }
    },
  })
  const request = async (path: string, init: RequestInit): Promise<any> => {
    const response = await browserFetch(`${SITE_URL}/api/auth${path}`, init)
    const text = await response.text()
    const setCookies = response.headers.getSetCookie()
    return { status: response.status, headers: response.headers, setCookies, body: text && JSON.parse(text) }
  }
  return {
    fetch: browserFetch,
    get: path => request(path, {}),
    post: (path, body = {}) => request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    get tokenCookie() {
      return [...browserFetch.cookies].find(([name]) => /(?:^|\.)convex_jwt$/.test(name))?.[1]
    },
  }
}

/** Signs a new user up in a browser of its own. */
export async function signUp(server: AuthServer, email = nextEmail()): Promise<AuthBrowser & { userId: string, email: string }> {
  const browser = server.openBrowser()
  const { status, body } = await browser.post('/sign-up/email', { email, password: PASSWORD, name: 'Ada' })
  if (status !== 200)
    throw new Error(`The sign-up was answered with ${status}: ${JSON.stringify(body)}`)
  return Object.defineProperties({} as AuthBrowser & { userId: string, email: string }, {
    ...Object.getOwnPropertyDescriptors(browser),
    userId: { value: body.user.id },
    email: { value: email },
  })
}
