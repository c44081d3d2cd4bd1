/** One `ConvexClient`, whose identity never changes, and its subscriptions. */
import type { ConvexClientOptions, FunctionResult } from 'convex/browser'
import type { Value } from 'convex/values'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import { ConvexClient } from 'convex/browser'
import { batch } from '../reactivity/batch.ts'
import { explainFunctionError } from '../shared/function-name.ts'
import { isTerminated, reconnectNow } from './convex-internals.ts'
import { accept, isUnsent, NONE_REFUSED, refuse } from './token-verdict.ts'

/** The latest outcome of a query, as a client reports it. */
export type QueryOutcome
  /** No result has arrived yet, or an optimistic update has set the query to loading. */
  = | { status: 'pending', value?: undefined, error?: undefined }
  /**
   * This object has the field `isStale`, so that a query can use it as its own state, without a
   * copy.
   */
    | { status: 'success', value: Value, error?: undefined, isStale: false }
    | { status: 'error', value?: undefined, error: Error }

/** Receives the outcomes of a subscription. */
export interface Receiver {
  /** Called when the outcome of the subscription has changed. */
  receive: (from: Subscription) => void
}

/** A query that a client has subscribed to, shared by all of its receivers. */
export interface Subscription {
  readonly client: IdentityClient
  readonly query: QueryDescriptor
  /** The Convex client's own key of the query. */
  readonly token: string
  /** The latest outcome. */
  outcome: QueryOutcome
  readonly receivers: Receiver[]
  unsubscribe: () => void
}

/** The changes in one update of a `ConvexClient`. */
export type Transition = Parameters<Parameters<ConvexClient['client']['addOnTransitionHandler']>[0]>[0]

/** How a client authenticates as its user. */
export interface UserCredentials {
  /**
   * Never rejects, and never resolves with `null`. After `null`, the Convex client would run the
   * user's queries anonymously. After a rejection, it would stay paused permanently.
   *
   * @see https://github.com/get-convex/convex-js/issues/181
   * @see docs/contributing/convex-client.md#authentication
   */
  requestToken: (isForced: boolean) => Promise<string>
  /**
   * Reports the deployment's verdict on the token. `authenticated` is reported inside the batch of
   * the transition that confirmed the token.
   */
  onAuthResult: (verdict: 'authenticated' | 'refreshing' | 'rejected') => void
}

/** A `ConvexClient` with one identity: a user, or anonymous. */
export interface IdentityClient {
  readonly convex: ConvexClient
  /**
   * Whether the client is closed. Its owner has closed it, or the client has closed itself after
   * refused tokens or a fatal error. An ended client sends nothing. If it still receives a call or
   * a subscription, the client that replaces it sends this call or subscription.
   */
  readonly hasEnded: boolean
  /** Whether it is certain that the deployment has not executed a message: see {@link isUnsent}. */
  isUnsent: (connection: number, connectionCount: number) => boolean
  /** Whether the client has no subscription. */
  readonly isIdle: boolean
  /**
   * Passes the user's token to the client. Must be called synchronously after construction, so that
   * the socket sends nothing before the token. Must be called again for each new token that the
   * client has not requested itself.
   */
  authenticate: () => void
  /** If the connection is lost: reconnects now, instead of after the back-off. */
  reconnect: () => void
  /**
   * Passes each outcome of the query to `receiver` from now on. All outcomes of one transition are
   * passed in one batch.
   */
  subscribe: (query: QueryDescriptor, receiver: Receiver) => Subscription
  /** Runs the query again on the server. The next outcome is its result. */
  rerun: (subscription: Subscription) => void
  /** Removes a receiver. If no other receiver remains, the query is unsubscribed. */
  release: (subscription: Subscription, receiver: Receiver) => void
  close: () => Promise<void>
  /** Set by DevTools: called after each transition, with its duration in ms. */
  onTransition?: (transition: Transition, durationMs: number) => void
}

/**
 * The client for a query or a call, or the reason why there is none. A client that is found is
 * returned without an object around it, so a lookup allocates nothing.
 */
export type ClientLookup
  = | IdentityClient
  /** The identity, or the user's first token, is not known yet. */
    | 'waiting'
  /**
   * A user is required and the page is signed out, or the plugin is closed, or the app runs on a
   * server.
   */
    | 'unavailable'

/** What a client reports besides the results of its queries. */
export interface ClientListener {
  /**
   * Results have arrived. A query that has shown the result of a previous client no longer needs
   * that client, which may now be unused.
   */
  onResults: () => void
  /**
   * The client has ended. Called once, and not after {@link IdentityClient.close}.
   *
   * @param client The client that has ended.
   * @param isFatal Whether a fatal error ended the client. If not, the deployment has refused the
   * client's tokens.
   */
  onEnd: (client: IdentityClient, isFatal: boolean) => void
}

const PENDING: QueryOutcome = { status: 'pending' }

/**
 * Opens a client and its socket: a user's client if there are `credentials`, or else an anonymous
 * client.
 */
export function openIdentityClient(
  url: string,
  options: ConvexClientOptions,
  listener: ClientListener,
  credentials?: UserCredentials,
): IdentityClient {
  const convex = new ConvexClient(url, {
    ...options,
    // Turns off the warning of the Convex client, which never removes its `beforeunload` listener.
    // Convue shows its own warning instead.
    unsavedChangesWarning: false,
    // Without this option, the client authenticates twice at the start, and the server runs every
    // query again after the second time.
    initialAuthTokenReuse: true,
  })
  // Loaded separately, since the first results do not need it. A page that cannot load it does not
  // check its sockets.
  const watching = import('./stalled-sockets.ts').then(stalled => stalled.watchForStalls(convex)).catch(() => {})
  const base = convex.client
  const subscriptions = new Map<string, Subscription>()
  let hasEnded = false
  /**
   * The latest verdict of the deployment on the token. `refreshing`: the deployment has refused the
   * token, and the client requests another one. `authenticated`: the deployment has accepted the
   * token in the transition whose results are about to be applied.
   */
  let verdict: 'authenticated' | 'refreshing' | undefined
  let refused = NONE_REFUSED
  let connection = 0

  base.subscribeToConnectionState(({ connectionCount }) => {
    connection = connectionCount
    if (isTerminated(convex))
      end(true)
  })

  base.addOnTransitionHandler((transition) => {
    const startedAt = process.env.NODE_ENV === 'production' ? 0 : performance.now()
    const { queries, timestamp } = transition
    // The deployment answers on a connection only after it has accepted the connection's token. The
    // Convex client reports no verdict when it reconnects with a token that was accepted before.
    // Before the first answer, the timestamp is 0, and only optimistic updates cause transitions.
    if (timestamp.low || timestamp.high)
      refused = accept(connection)
    const isConfirmed = verdict === 'authenticated'
    if (!isConfirmed && queries.length === 0)
      return
    batch(() => {
      if (isConfirmed)
        onConfirmed()
      // Within a batch, Vue runs the effects of the last write first. The results are written from
      // the last to the first, so that components render in the order of their queries.
      for (let index = queries.length; index--;) {
        const { token, modification } = queries[index]!
        const subscription = subscriptions.get(token)
        if (subscription)
          deliver(subscription, modification.kind === 'Updated' ? modification.result : undefined)
      }
    })
    if (process.env.NODE_ENV !== 'production')
      // eslint-disable-next-line ts/no-use-before-define
      client.onTransition?.(transition, performance.now() - startedAt)
    listener.onResults()
  })

  const client: IdentityClient = {
    convex,
    get hasEnded() {
      return hasEnded
    },
    isUnsent: (connection, connectionCount) => isUnsent(refused, connection, connectionCount),
    get isIdle() {
      return subscriptions.size === 0
    },
    authenticate() {
      if (hasEnded)
        return
      verdict = undefined
      base.setAuth(
        ({ forceRefreshToken }) => {
          if (verdict === 'refreshing')
            refused = refuse(refused, connection)
          return credentials!.requestToken(forceRefreshToken)
        },
        (isAuthenticated) => {
          if (isAuthenticated) {
            verdict = 'authenticated'
            return
          }
          refused = refuse(refused, connection)
          // If this client stayed open, it would now run its user's queries anonymously.
          end(false)
          credentials!.onAuthResult('rejected')
        },
        (isRefreshing) => {
          verdict = isRefreshing ? 'refreshing' : 'authenticated'
          if (isRefreshing)
            credentials!.onAuthResult(verdict)
        },
      )
    },
    reconnect: () => reconnectNow(convex),
    subscribe(query, receiver) {
      const { queryToken: token, unsubscribe } = base.subscribe(query.name, query.args)
      let subscription = subscriptions.get(token)
      if (subscription) {
        unsubscribe()
        subscription.receivers.push(receiver)
      }
      else {
        subscription = { client, query, token, outcome: PENDING, receivers: [receiver], unsubscribe }
        subscriptions.set(token, subscription)
      }
      return subscription
    },
    rerun(subscription) {
      const { name, args } = subscription.query
      subscription.unsubscribe()
      subscription.unsubscribe = base.subscribe(name, args).unsubscribe
    },
    release({ token, receivers, unsubscribe }, receiver) {
      const index = receivers.indexOf(receiver)
      if (index < 0)
        return
      receivers.splice(index, 1)
      if (receivers.length === 0) {
        subscriptions.delete(token)
        unsubscribe()
      }
    },
    close() {
      hasEnded = true
      void watching.then(stop => stop?.())
      return convex.close()
    },
  }
  return client

  function end(isFatal: boolean): void {
    if (hasEnded)
      return
    void client.close()
    listener.onEnd(client, isFatal)
  }

  function onConfirmed(): void {
    verdict = undefined
    credentials!.onAuthResult('authenticated')
  }

  function deliver(subscription: Subscription, result: FunctionResult | undefined): void {
    subscription.outcome = readOutcome(subscription.query, result)
    const { receivers } = subscription
    // Iterates backwards, since a receiver that needs only one result removes itself from the list.
    for (let index = receivers.length; index--;)
      receivers[index]!.receive(subscription)
  }

  function readOutcome({ name, args }: QueryDescriptor, result: FunctionResult | undefined): QueryOutcome {
    try {
      // `localQueryResult` serializes the arguments, so it is called only if the transition has no
      // successful result.
      const value = result?.success ? result.value : base.localQueryResult(name, args)
      return value === undefined ? PENDING : { status: 'success', value, isStale: false }
    }
    catch (error) {
      return { status: 'error', error: explainFunctionError(error as Error) }
    }
  }
}
