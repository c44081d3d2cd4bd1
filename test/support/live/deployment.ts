/** Starts the deployment that the tests share, and signs its users up and in. */
import type { BrowserFetch } from '../../../src/testing/browser-fetch.ts'
import type { Deployment, DeploymentOptions } from '../../../src/testing/index.ts'
import { join } from 'node:path'
import { createBrowserFetch as createLibraryFetch } from '../../../src/testing/browser-fetch.ts'
import { startDeployment } from '../../../src/testing/index.ts'
import { tokenEnv } from './tokens.ts'

export { createToken } from './tokens.ts'

/** The folder of the functions that the tests share. */
export const FUNCTIONS = join(import.meta.dirname, '../convex')

/** The origin of the app whose pages the tests simulate. */
export const ORIGIN = 'http://localhost:5173'

/**
 * The origin of another site. The deployment allows it, so that tests reach Better Auth's own
 * check.
 */
export const FOREIGN_ORIGIN = 'https://evil.example'

/**
 * Starts a deployment with the shared functions, which also accepts the tokens of `createToken`.
 */
export async function startFixture(options: DeploymentOptions = {}): Promise<Deployment> {
  return await startDeployment({
    functions: FUNCTIONS,
    siteUrl: ORIGIN,
    allowedOrigins: [FOREIGN_ORIGIN],
    ...options,
    env: { ...tokenEnv, ...options.env },
  })
}

/**
 * A browser of the app. `send` replaces Node's `fetch`, for example with the handler of an app's
 * server.
 */
export function createBrowserFetch(origin: string = ORIGIN, send: (request: Request) => Promise<Response> = fetch): BrowserFetch {
  return createLibraryFetch({
    origin,
    send: async (url, init) => {
      const response = await send(new Request(url, init))
      return { response, setCookies: response.headers.getSetCookie() }
    },
  })
}

export interface Session {
  userId: string
  email: string
  /** Sends the session's cookies. */
  fetch: BrowserFetch
  /** Requests a new token from Better Auth; `null` after the session has ended. */
  fetchToken: () => Promise<string | null>
  signOut: () => Promise<void>
}

let signUps = 0

/**
 * Signs a user up with Better Auth. The hash of the password takes 200 ms for the first user of a
 * deployment, and 80 ms for each further one.
 */
export async function signUp(deployment: Deployment, user: { email?: string, password?: string, name?: string } = {}): Promise<Session> {
  const { email = `user${++signUps}@example.com`, password = 'correct horse battery', name = 'Ada' } = user
  return await openSession(deployment, 'sign-up/email', { email, password, name })
}

/** Signs in a user who has signed up before. */
export async function signIn(deployment: Deployment, { email, password = 'correct horse battery' }: { email: string, password?: string }): Promise<Session> {
  return await openSession(deployment, 'sign-in/email', { email, password })
}

async function openSession(deployment: Deployment, path: string, body: Record<string, string>): Promise<Session> {
  const browserFetch = createBrowserFetch()
  const post = (path: string, body: Record<string, string>): Promise<Response> => browserFetch(`${deployment.siteUrl}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const response = await post(path, body)
  if (!response.ok)
    throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  const { user } = await response.json() as { user: { id: string, email: string } }
  return {
    userId: user.id,
    email: user.email,
    fetch: browserFetch,
    fetchToken: async () => {
      const response = await browserFetch(`${deployment.siteUrl}/api/auth/convex/token`)
      return response.ok ? (await response.json() as { token: string }).token : null
    },
    signOut: async () => {
      await post('sign-out', {})
    },
  }
}
