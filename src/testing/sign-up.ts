/** Signs up a test user, and creates an auth client and a plugin of Convue for this user. */
import type { createAuthClient } from 'better-auth/vue'
import type { ConvexOptions, ConvexPlugin } from 'convue'
import type { Identity } from './identity.ts'
import { convexClient } from '../convex/client/convex-client.ts'
import { createBrowserFetch } from './browser-fetch.ts'
import { importPeer } from './peers.ts'
import { testingError } from './testing-error.ts'

/** The addresses of a deployment and of its app: any `Deployment` has them. */
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
 * The type of `createAuthClient({ plugins: [convexClient()] })`, declared explicitly, since the
 * inferred type refers to packages that an app cannot resolve.
 */
export type TestAuthClient = ReturnType<typeof createAuthClient<{ plugins: ReturnType<typeof convexClient>[] }>>

/** A user of a test, signed in as if in a separate browser. */
export interface SignedUpUser {
  /** The user as Better Auth stores it. */
  user: { id: string, name: string, email: string }
  /**
   * For calls of the test itself: `deployment.mutation(api.tasks.add, args, { identity:
   * ada.identity })`.
   */
  identity: NonNullable<Identity>
  /** The auth client of the plugin: `authClient.signOut()` signs out, as in an app. */
  authClient: TestAuthClient
  /**
   * Runs components as this user: `mount(TaskList, { global: { plugins: [ada.plugin] } })`. The
   * plugin is created, and connects, when this property is first read. Unmounting its last app
   * closes the plugin.
   */
  readonly plugin: ConvexPlugin
  /**
   * The options of the plugin: `createConvex({ ...ada.options, lingerMs: 0 })` creates another
   * plugin for the same session.
   */
  options: ConvexOptions
  /** A `fetch` with the cookies and the origin of this user's browser, for HTTP actions. */
  fetch: typeof fetch
}

let signUps = 0

/**
 * Signs a new user up with the real Better Auth of a deployment, and creates a plugin that runs
 * components as this user. Works in a plain Node process and in a simulated page (happy-dom,
 * jsdom). The `fetch` and the `WebSocket` of the simulated page are not used.
 *
 * @throws ConvueError `SIGN_UP_FAILED` if Better Auth refuses, or signs the user up without signing
 * the user in; `PEER_MISSING` if Better Auth is not installed.
 * @example
 * const ada = await signUp(deployment, { name: 'Ada' })
 * const list = mount(TaskList, { global: { plugins: [ada.plugin] } })
 */
export async function signUp(deployment: SignUpTarget, options: SignUpOptions = {}): Promise<SignedUpUser> {
  const {
    name = 'Ada',
    email = `user${++signUps}@example.com`,
    password = 'correct horse battery',
    basePath = '/api/auth',
  } = options
  const [{ createAuthClient }, { WebSocket }, { createConvex }] = await Promise.all([
    importPeer('better-auth', () => import('better-auth/vue')),
    importPeer('ws', () => import('ws')),
    // Imported only here, and by its package name: an app's components only find a plugin of the
    // same module instance that they import.
    import('convue'),
  ])
  const browserFetch = createBrowserFetch({ origin: deployment.appOrigin })
  const authClient: TestAuthClient = createAuthClient({
    baseURL: deployment.siteUrl + basePath,
    plugins: [convexClient()],
    fetchOptions: { customFetchImpl: browserFetch },
  })

  const { data, error } = await authClient.signUp.email({ name, email, password })
  if (error) {
    const { status, message, statusText } = error
    throw testingError('SIGN_UP_FAILED', `Better Auth refused ${email} with status ${status}: ${message ?? statusText}`)
  }
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
