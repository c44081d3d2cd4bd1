import type { Deployment, DeploymentOptions } from '../../../src/testing/index.ts'
import { join } from 'node:path'
import { startDeployment } from '../../../src/testing/index.ts'
import { tokenEnv } from './tokens.ts'

export { createToken } from './tokens.ts'

/** The functions folder that the tests share. */
export const FUNCTIONS = join(import.meta.dirname, '../convex')

/** The origin of the app that the tests pretend to be. */
export const ORIGIN = 'http://localhost:5173'

/** The origin of another site. The deployment lets it pass, so that what is tested is Better Auth's own check. */
export const FOREIGN_ORIGIN = 'https://evil.example'

/** Starts a deployment of the fixture that also accepts the tokens of `createToken`. */
export async function startFixture(options: DeploymentOptions = {}): Promise<Deployment> {
  return await startDeployment({
    functions: FUNCTIONS,
    siteUrl: ORIGIN,
    allowedOrigins: [FOREIGN_ORIGIN],
    ...options,
    env: { ...tokenEnv, ...options.env },
  })
}

/** A `fetch` with a cookie jar and an `Origin`, as a page of the app has it; `send` is where its requests go. */
export function createBrowserFetch(origin: string = ORIGIN, send: (request: Request) => Promise<Response> = fetch): typeof fetch & { cookies: Map<string, string> } {
  const cookies = new Map<string, string>()
  const browserFetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    request.headers.set('origin', origin)
    if (cookies.size > 0)
      request.headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await send(request)
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = cookie.split(';')
      const [name = '', ...value] = pair.split('=')
      if (attributes.some(attribute => attribute.trim().toLowerCase() === 'max-age=0'))
        cookies.delete(name)
      else
        cookies.set(name, value.join('='))
    }
    return response
  }
  return Object.assign(browserFetch, { cookies })
}

export interface Session {
  userId: string
  email: string
  /** Carries the session's cookies. */
  fetch: ReturnType<typeof createBrowserFetch>
  /** Asks Better Auth for a new token; `null` once the session has ended. */
  fetchToken: () => Promise<string | null>
  signOut: () => Promise<void>
}

let signUps = 0

/** Signs somebody up with Better Auth: 200 ms for the first of a deployment, then 80 ms, for the hash of the password. */
export async function signUp(deployment: Deployment, person: { email?: string, password?: string, name?: string } = {}): Promise<Session> {
  const { email = `person${++signUps}@example.com`, password = 'correct horse battery', name = 'Ada' } = person
  return await openSession(deployment, 'sign-up/email', { email, password, name })
}

/** Signs somebody in who has signed up before. */
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
