import type { ConvexClient, ConvexClientOptions } from 'convex/browser'
import type { App } from 'vue'
import type { SsrData } from '../ssr/ssr-data.ts'
import type { InitialAuth } from '../token/auth-engine.ts'
import type { BetterAuthClient } from '../token/better-auth-source.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { UseConvexAuthReturn } from './auth.ts'
import { effectScope, markRaw, shallowRef } from 'vue'
import { createIdentityClients } from '../client/identity-clients.ts'
import { diagnose } from '../errors/catalogue.ts'
import { batch } from '../reactivity/batch.ts'
import { createQueryStore } from '../store/query-store.ts'
import { createWithholding } from '../store/withhold-outcomes.ts'
import { createAuthEngine } from '../token/auth-engine.ts'
import { isIdentityChange } from '../token/auth-state.ts'
import { betterAuthSource } from '../token/better-auth-source.ts'
import { sessionOnlySource } from '../token/session-only-source.ts'
import { createAuth } from './auth.ts'
import { connectToPage, wasSignedIn } from './browser-events.ts'
import { contextKey } from './context.ts'

/** Options of {@link createConvex}. */
export interface ConvexOptions {
  /** The deployment's URL, such as `https://happy-otter-123.convex.cloud`. */
  url: string
  /** A Better Auth client with `convexClient()`. @default none: everybody is anonymous */
  authClient?: BetterAuthClient
  /** Any other identity provider, instead of `authClient`. */
  tokenSource?: TokenSource
  /**
   * `false`: the auth server has sessions and no token endpoint. No token is requested. `useConvexAuth` and what builds on it follow the session, and
   * all queries and calls run anonymously: those that require a user are paused.
   *
   * @default true
   */
  tokens?: boolean
  /** Who a server found to be there; `null`: nobody. @default undefined: not known */
  initialAuth?: InitialAuth | null | undefined
  /** Options of every `ConvexClient`: `webSocketConstructor`, `logger` and so on. @default {} */
  clientOptions?: ConvexClientOptions
  /**
   * Lets a server fetch the queries of a page, and a browser begin with their results: see `collectSsrData` and
   * `restoreSsrData`. `convue/nuxt` passes it by itself.
   *
   * @default none: a server fetches nothing
   */
  ssrData?: SsrData
  /**
   * How long a subscription that nobody uses any more stays open, in milliseconds. Of the arguments that one component leaves one after the other,
   * only the latest linger.
   *
   * @default 3000
   */
  lingerMs?: number
}

/** Without tokens, the client needs no `convexClient()`. */
type SessionOnlyOptions = Omit<ConvexOptions, 'authClient'> & { tokens: false, authClient: Omit<BetterAuthClient, 'convex'> }

/** What {@link createConvex} makes: a Vue plugin. */
export interface ConvexPlugin {
  /**
   * Called by `app.use`; several apps may share a plugin.
   *
   * @throws {ConvueError} `CLOSED`
   */
  install: (app: App) => void
  /** What `useConvexAuth` returns, for use outside components. */
  readonly auth: UseConvexAuthReturn
  /** The `ConvexClient` of whoever is there now. Throws `CLIENT_UNAVAILABLE` on a server. */
  readonly client: ConvexClient
  /**
   * Ends everything: sockets, timers, listeners. Unmounting the last app that uses the plugin does it too. From then on queries are paused, calls
   * reject with `CLOSED`, and `ready` settles.
   */
  close: () => Promise<void>
}

const nobody: TokenSource = {
  getSnapshot: () => ({ status: 'signedOut' }),
  subscribe: () => () => {},
  fetchToken: async () => ({ kind: 'denied' }),
}

/**
 * Connects a Vue app to a Convex deployment, as whoever is signed in.
 *
 * @throws {ConvueError} `URL_INVALID`, `AUTH_SOURCE_CONFLICT`, `AUTH_CLIENT_INVALID`
 * @example
 * createApp(App).use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient })).mount('#app')
 */
export function createConvex(options: ConvexOptions | SessionOnlyOptions): ConvexPlugin {
  const { url, authClient, tokenSource, tokens = true, initialAuth, clientOptions = {}, lingerMs = 3000 } = options
  assertUrl(url)
  if (authClient && tokenSource)
    throw diagnose('AUTH_SOURCE_CONFLICT')

  const isServer = typeof window === 'undefined'
  const authSource = authClient && betterAuthSource(authClient)
  const source = authSource ?? tokenSource ?? nobody
  const engine = createAuthEngine({
    source: tokens ? source : sessionOnlySource(source),
    initialAuth,
    mayBeSignedIn: tokens && !isServer && wasSignedIn(url),
  })
  /** As whom queries and calls run. */
  const caller = tokens ? engine : createAuthEngine({ source: nobody })
  const clients = createIdentityClients(caller, url, clientOptions, isServer)
  const withholding = createWithholding(engine, authSource?.whenIdle)
  const store = createQueryStore(clients, withholding.withhold, options.ssrData)
  const authState = shallowRef(engine.state)
  /** Counts changes of person: whatever was kept under another number belongs to somebody else. */
  const identityVersion = shallowRef(0)
  const auth = createAuth({ refresh: engine.refresh, signOut: withholding.signOut }, authState, isServer)
  const callerAuth = tokens ? auth : createAuth(caller, shallowRef(caller.state), isServer)

  const pageScope = effectScope(true)
  /** How many use it. */
  let apps = 0
  if (!isServer) {
    if (!tokens) {
      // No deployment confirms what is made of the session.
      engine.onTokenAvailable(() => {
        void engine.requestToken(false)
        engine.onAuthResult('authenticated')
      })
    }
    engine.subscribe((state, former) => batch(() => {
      const isOtherPerson = isIdentityChange(former, state)
      if (tokens)
        clients.applyAuthState(state, former)
      else if (state.status === 'authenticating')
        engine.dispatch({ type: 'authenticated' })
      store.rebind(isOtherPerson)
      authState.value = state
      if (isOtherPerson)
        identityVersion.value++
    }))
    clients.onClientReplaced = () => batch(() => {
      clients.applyAuthState(caller.state)
      store.rebind(false)
    })
    pageScope.run(() => connectToPage(engine, {
      url,
      providerId: source.id,
      isBusy: () => clientOptions.unsavedChangesWarning !== false && clients.hasPendingWrites(),
      reconnect: clients.reconnect,
    }))
    clients.applyAuthState(caller.state)
    engine.start()
  }

  const close = async (): Promise<void> => {
    pageScope.stop()
    engine.close()
    withholding.close()
    store.close()
    // Nobody is to wait for an answer that does not come any more.
    authState.value = { ...engine.state, error: diagnose('CLOSED') }
    await clients.close()
  }

  return markRaw({
    install(app: App) {
      if (!isServer)
        clients.assertAvailable()
      apps++
      app.provide(contextKey, {
        app,
        clients,
        store,
        auth,
        callerAuth,
        authState,
        identityVersion,
        lingerMs,
        isServer,
      })
      app.onUnmount(() => --apps || void close())
    },
    auth,
    get client() {
      return clients.currentClient()
    },
    close,
  })
}

function assertUrl(url: unknown): void {
  try {
    const { protocol, hostname } = new URL(url as string)
    if (/^https?:$/.test(protocol) && !hostname.endsWith('.convex.site'))
      return
  }
  catch {}
  throw diagnose('URL_INVALID', { url })
}
