/** `createConvex`: connects the engine, the clients and the query store, as a Vue plugin. */
import type { ConvexClient } from 'convex/browser'
import type { App } from 'vue'
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { SsrData } from '../ssr/ssr-data.ts'
import type { ResultStore } from '../store/result-store.ts'
import type { InitialAuth } from '../token/auth-engine.ts'
import type { AuthState } from '../token/auth-state.ts'
import type { BetterAuthClient } from '../token/better-auth-source.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { UseConvexAuthReturn } from './auth.ts'
import type { ConvexClientSettings } from './client-settings.ts'
import type { Outbox } from './outbox.ts'
import { effectScope, markRaw, shallowRef } from 'vue'
import { createIdentityClients } from '../client/identity-clients.ts'
import { createRecord } from '../devtools/record.ts'
import { diagnose } from '../errors/diagnose.ts'
import { IdentityChangedError } from '../errors/identity-changed-error.ts'
import { batch } from '../reactivity/batch.ts'
import { createQueryStore } from '../store/query-store.ts'
import { createWithholding } from '../store/withhold-outcomes.ts'
import { createAuthEngine } from '../token/auth-engine.ts'
import { isIdentityChange } from '../token/auth-state.ts'
import { betterAuthSource } from '../token/better-auth-source.ts'
import { sessionOnlySource } from '../token/session-only-source.ts'
import { createAuthTrace } from './auth-trace.ts'
import { createAuth } from './auth.ts'
import { connectToPage, wasSignedIn } from './browser-events.ts'
import { assertClientSettings } from './client-settings.ts'
import { contextKey } from './context.ts'

/** Options of {@link createConvex}. */
export interface ConvexOptions {
  /** The deployment's URL, such as `https://happy-otter-123.convex.cloud`. */
  url: string
  /**
   * A Better Auth client with the `convexClient()` plugin.
   *
   * @default none: the page is always anonymous
   */
  authClient?: BetterAuthClient
  /** Any other identity provider, instead of `authClient`. */
  tokenSource?: TokenSource
  /**
   * `false` for an auth server that has sessions but no token endpoint. Convue then never requests
   * a token. The session alone determines the state of `useConvexAuth`. All queries and calls run
   * anonymously, and queries that require a user are paused.
   *
   * @default true
   */
  tokens?: boolean
  /**
   * The path of the token endpoint, below the path of Better Auth's routes. The endpoint of
   * `convex()` has the default path.
   *
   * @default '/convex/token'
   */
  tokenPath?: string
  /**
   * The user that a server has found, with the token that the server used. `null` if the server
   * found that the request is anonymous.
   *
   * @default undefined: not known
   */
  initialAuth?: InitialAuth | null | undefined
  /** Options of all `ConvexClient`s, such as `webSocketConstructor` and `logger`. @default {} */
  clientOptions?: ConvexClientSettings
  /**
   * With this option, a server fetches the queries of a page, and the browser begins with their
   * results: see `collectSsrData` and `restoreSsrData`. `convue/nuxt` passes it by itself.
   *
   * @default none: a server fetches nothing
   */
  ssrData?: SsrData
  /**
   * Keeps the results of queries in the browser: after a reload, they are shown at once, with
   * `isStale`, until the live results arrive. Pass `indexedDbStore()` of `convue/persist`.
   *
   * @default none: nothing is stored
   */
  persist?: ResultStore
  /**
   * Stores mutations with `offline: true`, so that they survive a reload: `indexedDbOutbox()` of
   * `convue/offline`.
   *
   * @default none: `offline: true` is an error
   */
  outbox?: Outbox
  /**
   * The default of the option `auth` of queries. `useAuthedQuery` and `useAuthedPaginatedQuery`
   * always require a user.
   *
   * @default 'optional'
   */
  queryAuth?: QueryAuth
  /** The default of the option `keepPreviousData` of queries. @default false */
  keepPreviousData?: boolean
  /**
   * The default of the option `lingerMs` of queries: how long a subscription stays open when no
   * component uses it any longer, in milliseconds. If the arguments of a component change several
   * times, only the latest of the previous subscriptions lingers.
   *
   * @default 3000
   */
  lingerMs?: number
  /**
   * Logs each auth event with the statuses before and after it, without tokens. Not in production.
   *
   * @default false
   */
  debug?: boolean
}

/** Without tokens, and with tokens of another plugin, the auth client needs no `convexClient()`. */
type PlainClientOptions
  = & Omit<ConvexOptions, 'authClient'>
    & { authClient: Omit<BetterAuthClient, 'convex'> }
    & ({ tokens: false } | { tokenPath: string })

/** The Vue plugin that {@link createConvex} returns. */
export interface ConvexPlugin {
  /**
   * Called by `app.use`. Several apps may use the same plugin.
   *
   * @throws {ConvueError} `CLOSED`
   */
  install: (app: App) => void
  /** The return value of `useConvexAuth`, for use outside of components. */
  readonly auth: UseConvexAuthReturn
  /** The `ConvexClient` of the current identity. Throws `CLIENT_UNAVAILABLE` on a server. */
  readonly client: ConvexClient
  /**
   * Ends all sockets, timers and listeners. Convue also closes the plugin when the last app that
   * uses it is unmounted. Afterwards, queries are paused, calls reject with `CLOSED`, and `ready`
   * settles.
   */
  close: () => Promise<void>
}

/** The identity provider of a page that is always anonymous. */
const anonymousSource: TokenSource = {
  getSnapshot: () => ({ status: 'signedOut' }),
  subscribe: () => () => {},
  fetchToken: async () => ({ kind: 'denied' }),
}

/**
 * Connects a Vue app to a Convex deployment, as the user who is signed in, or else anonymously.
 *
 * @throws {ConvueError} `URL_INVALID`, `AUTH_SOURCE_CONFLICT`, `AUTH_CLIENT_INVALID`,
 * `CLIENT_OPTION_INVALID`
 * @example
 * createApp(App)
 *   .use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient }))
 *   .mount('#app')
 */
export function createConvex(options: ConvexOptions | PlainClientOptions): ConvexPlugin {
  const { url, authClient, tokenSource, tokens = true, initialAuth, clientOptions = {} } = options
  assertUrl(url)
  assertClientSettings(clientOptions)
  if (authClient && tokenSource)
    throw diagnose('AUTH_SOURCE_CONFLICT')

  const isServer = typeof window === 'undefined'
  const authSource = authClient && betterAuthSource(authClient, options.tokenPath)
  const source = authSource ?? tokenSource ?? anonymousSource
  const record = process.env.NODE_ENV === 'production' ? undefined : createRecord()
  const engine = createAuthEngine({
    source: tokens
      ? clientOptions.webSocketConstructor?.shareTokens?.(source, options) ?? source
      : sessionOnlySource(source),
    initialAuth,
    mayBeSignedIn: tokens && !isServer && wasSignedIn(url),
    ...process.env.NODE_ENV !== 'production' && { trace: createAuthTrace(options.debug, clientOptions.logger, record) },
  })
  /** Its identity is the identity that queries and calls run as. */
  const callerEngine = tokens ? engine : createAuthEngine({ source: anonymousSource })
  const clients = createIdentityClients(callerEngine, url, clientOptions, isServer)
  const withholding = createWithholding(engine, authSource?.whenIdle)
  const stored = isServer
    ? undefined
    : options.persist?.open({
        url,
        sessionToken: userId => source.sessionToken?.(userId),
        onChange: isOtherUser => batch(() => bindQueries(isOtherUser, isOtherUser)),
      })
  const store = createQueryStore(clients, withholding.withhold, options.ssrData, stored)
  const authState = shallowRef(engine.state)
  const identityVersion = shallowRef(0)
  const auth = createAuth({
    needUser: tokens ? clients.needUser : engine.need,
    refresh: engine.refresh,
    signOut: withholding.signOut,
    whenIdle: authSource?.whenIdle,
  }, authState, isServer)
  const callerAuth = tokens
    ? auth
    : createAuth({ ...callerEngine, needUser: callerEngine.need }, shallowRef(callerEngine.state), isServer)

  /** Contains the listeners to events of the page and to other tabs. */
  const pageScope = effectScope(true)
  // Before `run`, so that the outbox receives the first state of the engine.
  const outbox = isServer ? undefined : options.outbox?.connect({ url, engine: callerEngine, clients })
  let apps = 0
  if (!isServer)
    run()

  function run(): void {
    engine.subscribe((state, previous) => batch(() => {
      const isOtherUser = !!stored?.setIdentity(callerEngine.state)
      bindQueries(isIdentityChange(previous, state) || isOtherUser, isOtherUser, previous)
    }))
    clients.onClientReplaced = () => batch(() => {
      clients.applyAuthState(callerEngine.state)
      store.rebind(false)
    })
    pageScope.run(() => connectToPage(engine, {
      url,
      providerId: source.id,
      isBusy: () => clientOptions.unsavedChangesWarning !== false && clients.calls.hasWrites,
      reconnect: clients.reconnect,
    }))
    stored?.setIdentity(callerEngine.state)
    clients.applyAuthState(callerEngine.state)
    engine.start()
  }

  /**
   * Binds all queries to the client of the current identity.
   *
   * @param isChange Whether the identity has changed, or is not the expected identity.
   * @param isOtherUser Whether the expected user is not the current user. The calls that wait were
   *   then made while the page showed stored results of the expected user.
   * @param previous The state before, if the state of the authentication has changed.
   */
  function bindQueries(isChange: boolean, isOtherUser: boolean, previous?: AuthState): void {
    if (isOtherUser)
      clients.calls.endAll(outcome => new IdentityChangedError(outcome))
    if (previous && tokens)
      clients.applyAuthState(engine.state, previous)
    store.rebind(isChange)
    authState.value = engine.state
    if (isChange)
      identityVersion.value++
  }

  async function close(): Promise<void> {
    pageScope.stop()
    engine.close()
    withholding.close()
    store.close()
    stored?.close()
    outbox?.close()
    // Makes `ready` settle, since the engine does not report any further state.
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
        engine,
        clients,
        store,
        auth,
        callerAuth,
        authState,
        identityVersion,
        queryAuth: options.queryAuth ?? 'optional',
        keepPreviousData: options.keepPreviousData,
        lingerMs: options.lingerMs ?? 3000,
        outbox,
        url,
        isServer,
        ...process.env.NODE_ENV !== 'production' && { record },
        identityConfirmed: options.ssrData?.identityConfirmed,
      })
      // Imported dynamically, so that a production build does not contain this code.
      if (process.env.NODE_ENV !== 'production' && record) {
        void import('../devtools/start-devtools.ts').then(({ startDevtools }) =>
          startDevtools({ app, url, engine, clients, store, auth, record }))
      }
      app.onUnmount(() => {
        apps--
        if (apps === 0)
          void close()
      })
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
