import type { ConvexClientOptions } from 'convex/browser'
import type { Value } from 'convex/values'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import { ConvexClient } from 'convex/browser'
import { batch } from '../reactivity/batch.ts'
import { explainFunctionError } from '../shared/function-name.ts'

/** What a query answered. `pending`: not yet, or an optimistic update made it load again. */
export type QueryOutcome
  = | { status: 'pending' }
  /** Not stale, as far as this client knows: it can be shown as it is. */
    | { status: 'success', value: Value, isStale: false }
    | { status: 'error', error: Error }

/** Who listens to a query. */
export interface Receiver {
  receive: (outcome: QueryOutcome, from: Subscription) => void
}

/** A query on the wire, shared by all who listen to it. */
export interface Subscription {
  readonly client: IdentityClient
  readonly query: QueryDescriptor
  /** The Convex client's name for it. */
  readonly token: string
  /** The latest. */
  outcome: QueryOutcome
  readonly receivers: Receiver[]
  unsubscribe: () => void
}

/** How a client carries a person. */
export interface UserCredentials {
  /** Never rejects and never gives `null`: to the Convex client that would mean "go on as nobody". */
  fetchToken: (isForced: boolean) => Promise<string>
  /** What the deployment made of the token. `authenticated` comes inside the batch of the transition that it arrived with. */
  onAuthResult: (verdict: 'authenticated' | 'refreshing' | 'rejected') => void
}

/** One `ConvexClient` that carries one identity, nobody's included, from its first message to its last. */
export interface IdentityClient {
  readonly convex: ConvexClient
  /** It has said `Connect`, with or without a token. */
  readonly hasConnected: boolean
  /**
   * The deployment has refused its tokens or sent a fatal error: it is closed, sends nothing any more, and keeps what it is given for the client that
   * takes its place.
   */
  readonly hasEnded: boolean
  /**
   * Whether what was sent on a connection (the first is 1) has surely not been carried out: it has not opened, or its token was refused, as were those of
   * all connections since. `connectionCount`: how many have opened.
   */
  isUnsent: (connection: number, connectionCount: number) => boolean
  /** Nobody listens to any query. */
  readonly isIdle: boolean
  /**
   * Hands the person's token to the client: synchronously after construction, from when on the socket says nothing until there is a token; and
   * whenever there is a token that the client did not ask for.
   */
  authenticate: () => void
  /** Reconnects at once if the connection is lost, instead of after the back-off. */
  reconnect: () => void
  /** Tells `receiver` each outcome from now on, inside one batch for all that one transition changed. */
  subscribe: (query: QueryDescriptor, receiver: Receiver) => Subscription
  /** Asks the server again; the next outcome is its answer. */
  rerun: (subscription: Subscription) => void
  /** The last to leave takes it off the wire. */
  release: (subscription: Subscription, receiver: Receiver) => void
  close: () => Promise<void>
}

/** What a client reports besides the results of its queries. */
export interface ClientListener {
  /** Results have arrived: they may have been all that was wanted of this client, or of another that showed its own until then. */
  onResults: () => void
  /** It has ended; `isFatal`: by a fatal error, not for its tokens. Called once, and not for {@link IdentityClient.close}. */
  onEnd: (client: IdentityClient, isFatal: boolean) => void
}

const PENDING: QueryOutcome = { status: 'pending' }

export function openIdentityClient(url: string, options: ConvexClientOptions, listener: ClientListener, credentials?: UserCredentials): IdentityClient {
  const convex = new ConvexClient(url, {
    ...options,
    // A client never takes its listener off again: Convue owns the one warning.
    unsavedChangesWarning: false,
    // One token, one Authenticate: the server re-runs every query at each.
    initialAuthTokenReuse: true,
  })
  const base = convex.client
  const subscriptions = new Map<string, Subscription>()
  let isConfirmationDue = false
  let isClosed = false
  let hasEnded = false
  /** The connection on which the deployment has accepted a token last. */
  let acceptedOn = 0
  /** Every connection from the first to the last of these was refused. */
  let firstRefused = Infinity
  let lastRefused = 0

  // A fatal error closes a client for ever, and it says so nowhere but in the state of its socket.
  base.subscribeToConnectionState(() => socketManagerOf(convex)?.socketState?.() === 'terminated' && end(true))

  base.addOnTransitionHandler(({ queries }) => {
    if (!isConfirmationDue && queries.length === 0)
      return
    batch(() => {
      if (isConfirmationDue) {
        acceptedOn = base.connectionState().connectionCount
        firstRefused = Infinity
        credentials!.onAuthResult('authenticated')
      }
      isConfirmationDue = false
      // Backwards, since Vue's batch runs the effects of what was written last first; so components render in the order of their queries.
      for (let index = queries.length; index--;) {
        const { token, modification } = queries[index]!
        const subscription = subscriptions.get(token)
        if (!subscription)
          continue
        const { receivers } = subscription
        const result = modification.kind === 'Updated' && modification.result
        const outcome = subscription.outcome = result && result.success ? { status: 'success', value: result.value, isStale: false } : read(subscription.query)
        // Backwards, since who wanted this one answer leaves.
        for (let nth = receivers.length; nth--;)
          receivers[nth]!.receive(outcome, subscription)
      }
    })
    listener.onResults()
  })

  const client: IdentityClient = {
    convex,
    get hasConnected() {
      return base.connectionState().hasEverConnected
    },
    get hasEnded() {
      return hasEnded
    },
    isUnsent: (connection, connectionCount) => connectionCount < connection || (connectionCount === lastRefused && connection >= firstRefused),
    get isIdle() {
      return subscriptions.size === 0
    },
    authenticate() {
      if (hasEnded)
        return
      const { fetchToken, onAuthResult: report } = credentials!
      let isRefused = false
      // It confirms just before it applies that transition's results: both are one update of the page.
      const confirm = (): boolean => isConfirmationDue = true
      base.setAuth(
        ({ forceRefreshToken }) => {
          if (isRefused)
            onRefusal()
          return fetchToken(forceRefreshToken)
        },
        (isAuthenticated) => {
          if (isAuthenticated)
            return confirm()
          // It would go on anonymously, with the queries of its user.
          onRefusal()
          end(false)
          report('rejected')
        },
        (isRefreshing) => {
          isRefused = isRefreshing
          if (isRefreshing)
            report('refreshing')
          else
            confirm()
        },
      )
    },
    reconnect() {
      // The Convex client does this itself when the browser is online again, and offers no public way to ask for it.
      socketManagerOf(convex)?.tryReconnectImmediately?.()
    },
    subscribe(query, receiver) {
      const { queryToken: token, unsubscribe } = base.subscribe(query.name, query.args)
      let subscription = subscriptions.get(token)
      if (subscription) {
        unsubscribe()
        subscription.receivers.push(receiver)
      }
      else {
        subscriptions.set(token, subscription = { client, query, token, outcome: PENDING, receivers: [receiver], unsubscribe })
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
      isClosed = true
      return convex.close()
    },
  }
  return client

  function end(isFatal: boolean): void {
    if (isClosed || hasEnded)
      return
    hasEnded = true
    void convex.close()
    listener.onEnd(client, isFatal)
  }

  /** The token of the present connection was refused. What was sent after it has not been carried out, unless another token was accepted before. */
  function onRefusal(): void {
    const { connectionCount } = base.connectionState()
    if (firstRefused === Infinity || connectionCount > lastRefused + 1)
      firstRefused = connectionCount + (connectionCount === acceptedOn ? 1 : 0)
    lastRefused = connectionCount
  }

  function read({ name, args }: QueryDescriptor): QueryOutcome {
    try {
      const value = base.localQueryResult(name, args)
      return value === undefined ? PENDING : { status: 'success', value, isStale: false }
    }
    catch (error) {
      return { status: 'error', error: explainFunctionError(error as Error) }
    }
  }
}

/** What the Convex client keeps to itself: a version without it is used as far as possible. */
function socketManagerOf(convex: ConvexClient): { tryReconnectImmediately?: () => void, socketState?: () => string } | undefined {
  return (convex.client as any).webSocketManager
}
