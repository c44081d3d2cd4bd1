/** A simulated page with real clients of Convex and Better Auth. */
import type { ConvexOptions, ConvexPlugin, TokenOutcome } from 'convue'
import type { App } from 'vue'
import type { Deployment } from '../../../src/testing/index.ts'
import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { createConvex } from 'convue'
import { Window } from 'happy-dom'
import { vi } from 'vitest'
import { createApp, effectScope, markRaw } from 'vue'
import { WebSocket } from 'ws'
import { ScriptedSource } from '../scripted/scripted-source.ts'
import { createToken } from './deployment.ts'

/**
 * Gives this process the globals of a page that Convue, Convex and Better Auth use; `fetch` and
 * sockets remain Node's. A test file with a Better Auth client must keep these globals to its end:
 * the client removes its listeners from `window` one second after the last use of its session.
 */
export function becomePage(): void {
  const window = new Window({ url: 'http://localhost:5173' })
  vi.stubGlobal('window', Object.assign(window, { BroadcastChannel }))
  vi.stubGlobal('document', window.document)
  vi.stubGlobal('localStorage', window.localStorage)
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'] as const)
    vi.stubGlobal(name, window[name].bind(window))
}

/** A page of an app with a real client that is connected to a real deployment over real sockets. */
export class LivePage {
  readonly convex: ConvexPlugin
  readonly app: App
  readonly #scope = effectScope(true)

  constructor(deployment: Pick<Deployment, 'url'>, options: Partial<ConvexOptions>) {
    const { clientOptions, ...rest } = options
    this.convex = createConvex({
      url: deployment.url,
      ...rest,
      clientOptions: { webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket, logger: false, ...clientOptions },
    })
    this.app = markRaw(createApp({ render: () => null })).use(this.convex)
  }

  run<T>(setup: () => T): T {
    return this.app.runWithContext(() => this.#scope.run(setup)!)
  }

  async close(): Promise<void> {
    this.#scope.stop()
    await this.convex.close()
  }
}

/** A request of the auth client, and the status of its answer. */
export interface AuthRequest { path: string, status: number | 'failed' }

/**
 * The real client of Better Auth in a browser with these cookies, and all requests that it has
 * sent.
 */
export function createLiveAuthClient(deployment: Pick<Deployment, 'siteUrl'>, browserFetch: typeof fetch, plugins: any[] = []) {
  const requests: AuthRequest[] = []
  /** If set, answers a request instead of the server, unless it returns `undefined`. */
  const network: { intercept: ((path: string) => Response | Promise<Response> | undefined) | null } = { intercept: null }
  const authClient = createAuthClient({
    baseURL: deployment.siteUrl,
    // The types of the other plugins do not matter here.
    plugins: [convexClient(), ...plugins] as [ReturnType<typeof convexClient>],
    fetchOptions: {
      customFetchImpl: async (input, init) => {
        const path = new URL(String(input)).pathname.replace('/api/auth', '')
        const request: AuthRequest = { path, status: 'failed' }
        requests.push(request)
        const response = await (network.intercept?.(path) ?? browserFetch(input, init))
        request.status = response.status
        return response
      },
    },
  })
  return { authClient, requests, network, count: (path: string) => requests.filter(request => request.path === path).length }
}

/** A provider with valid tokens for the user that a test signs in. */
export class LiveSource extends ScriptedSource {
  /** The lifetime of a token, in seconds. */
  lifetime = 900

  override signIn(userId: string, sessionId = `session-of-${userId}`): void {
    this.answer = async (): Promise<TokenOutcome> => ({ kind: 'token', token: await createToken(userId, { expiresIn: this.lifetime, claims: { sessionId } }) })
    this.report({ status: 'signedIn', userId, sessionId, user: { id: userId }, session: { id: sessionId } })
  }
}
