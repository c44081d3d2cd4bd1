/** Signs a test user up, with an auth client and a plugin for a test. */
import type { convexClient } from '@convex-dev/better-auth/client/plugins'
import type { createAuthClient } from 'better-auth/vue'
import type { ConvexOptions, ConvexPlugin } from 'convue'
import type { Identity } from './identity.ts'
import { createBrowserFetch } from './browser-fetch.ts'
import { importPeer } from './peers.ts'
import { testingError } from './testing-error.ts'

/** Where a deployment is, and which app it belongs to: any `Deployment`. */
export interface SignUpTarget {
  readonly url: string
  readonly siteUrl: string
  readonly appOrigin: string
}

/** Options of {@link signUp}. */
export interface SignUpOptions {
  /** @default 'Ada' */
  name?: string
  /** @default an address that no other user of this process has */
  email?: string
  /** @default 'correct horse battery' */
  password?: string
  /** The path of Better Auth's routes. @default '/api/auth' */
  basePath?: string
}

/**
 * The type of `createAuthClient({ plugins: [convexClient()] })`, written down because its inferred
 * type names packages that an app cannot reach.
 */
export type TestAuthClient = ReturnType<typeof createAuthClient<{ plugins: ReturnType<typeof convexClient>[] }>>

/** A user of a test, signed in as in a browser of their own. */
export interface SignedUpUser {
  /** What Better Auth keeps of the user. */
  user: { id: string, name: string, email: string }
  /**
   * For calls of the test itself: `deployment.mutation(api.tasks.add, args, { identity:
   * ada.identity })`.
   */
  identity: NonNullable<Identity>
  /** The auth client of the plugin: `authClient.signOut()` signs out, as in an app. */
  authClient: TestAuthClient
  /**
   * Runs components as this user: `mount(TaskList, { global: { plugins: [ada.plugin] } })`. It is
   * made, and connects, when it is first read; unmounting its last app closes it.
   */
  readonly plugin: ConvexPlugin
  /**
   * What the plugin was made with: `createConvex({ ...ada.options, lingerMs: 0 })` makes another
   * one for the same session.
   */
  options: ConvexOptions
  /** Requests with the cookies and the origin of this user's browser, for HTTP actions. */
  fetch: typeof fetch
}

let signUps = 0

/**
 * Signs a new user up with the real Better Auth of a deployment, and makes a plugin that runs
 * components as that user. It works in a plain Node process as well as in a simulated page
 * (happy-dom, jsdom), whose own `fetch` and `WebSocket` it does not use.
 *
 * @throws ConvueError `SIGN_UP_FAILED` if Better Auth refuses, or signs the user up but not in;
 *   `PEER_MISSING` if its packages are not installed.
 * @example
 * const ada = await signUp(deployment, { name: 'Ada' })
 * const list = mount(TaskList, { global: { plugins: [ada.plugin] } })
 */
export async function signUp(deployment: SignUpTarget, options: SignUpOptions = {}): Promise<SignedUpUser> {
  const { name = 'Ada', email = `user${++signUps}@example.com`, password = 'correct horse battery', basePath = '/api/auth' } = options
  const [{ createAuthClient }, { convexClient }, { WebSocket }, { createConvex }] = await Promise.all([
    importPeer('better-auth', () => import('better-auth/vue')),
    importPeer('@convex-dev/better-auth', () => import('@convex-dev/better-auth/client/plugins')),
    importPeer('ws', () => import('ws')),
    // Only here, and by its name: an app's components must find the plugin of the very module that
    // they import.
    import('convue'),
  ])
  const browserFetch = createBrowserFetch({ origin: deployment.appOrigin })
  const authClient: TestAuthClient = createAuthClient({
    baseURL: deployment.siteUrl + basePath,
    plugins: [convexClient()],
    fetchOptions: { customFetchImpl: browserFetch },
  })

  const { data, error } = await authClient.signUp.email({ name, email, password })
  if (error)
    throw testingError('SIGN_UP_FAILED', `Better Auth refused ${email} with status ${error.status}: ${error.message ?? error.statusText}`)
  if (!data.token)
    throw testingError('SIGN_UP_FAILED', `Better Auth signed ${email} up without a session`)

  const convexOptions: ConvexOptions = {
    url: deployment.url,
    authClient,
    clientOptions: { webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket, logger: false },
  }
  let plugin: ConvexPlugin | undefined
  return {
    user: { id: data.user.id, name: data.user.name, email: data.user.email },
    identity: { subject: data.user.id, name: data.user.name, email: data.user.email },
    authClient,
    get plugin() {
      return plugin ??= createConvex(convexOptions)
    },
    options: convexOptions,
    fetch: browserFetch,
  }
}
