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
 * Makes this process a page, as far as Convue, Convex and Better Auth look; `fetch` and sockets stay Node's. A test file with a Better Auth client
 * must stay a page to its end: the client takes its listeners off `window` one second after the last use of its session.
 */
export function becomePage(): void {
  const window = new Window({ url: 'http://localhost:5173' })
  vi.stubGlobal('window', window)
  vi.stubGlobal('document', window.document)
  vi.stubGlobal('localStorage', window.localStorage)
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'] as const)
    vi.stubGlobal(name, window[name].bind(window))
}

/** A page of an app that talks to a real client, over real sockets, to a real deployment. */
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

/** What a request of the auth client was answered with. */
export interface AuthRequest { path: string, status: number | 'failed' }

/** The real client of Better Auth in a browser with these cookies, and all that it has asked. */
export function createLiveAuthClient(deployment: Pick<Deployment, 'siteUrl'>, browserFetch: typeof fetch, plugins: any[] = []) {
  const requests: AuthRequest[] = []
  /** Answers in the server's place, or lets it answer. */
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

/** A provider that gives good tokens of whoever the test says is there. */
export class LiveSource extends ScriptedSource {
  /** Seconds that a token lives. */
  lifetime = 900

  override signIn(userId: string, sessionId = `session-of-${userId}`): void {
    this.answer = async (): Promise<TokenOutcome> => ({ kind: 'token', token: await createToken(userId, { expiresIn: this.lifetime, claims: { sessionId } }) })
    this.say({ status: 'signedIn', userId, sessionId, user: { id: userId }, session: { id: sessionId } })
  }
}
