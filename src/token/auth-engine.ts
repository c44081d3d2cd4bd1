import type { AuthEvent, AuthState, ProviderRequest } from './auth-state.ts'
import type { TokenOutcome, TokenSource } from './token-source.ts'
import type { SignedInUser, Token } from './token.ts'
import { diagnose } from '../errors/catalogue.ts'
import { backOffDelay } from '../shared/back-off.ts'
import { hasToken, initialAuthState, isIdentityChange, isTokenUsable, transition } from './auth-state.ts'
import { readToken, renewalDelay } from './token.ts'

/** Time, as the engine needs it. It may be wrong: only differences count. */
export interface Clock {
  /** Milliseconds since any fixed moment, sleep included. */
  now: () => number
  /** Runs `task` after `delayMs` milliseconds, until the returned function is called. */
  schedule: (task: () => void, delayMs: number) => () => void
}

/** The user that a server found, with the token that it used. */
export interface InitialAuth {
  /** `null` if the page may not hold it: the provider is asked for one at once, while the page shows what the server rendered. */
  token: string | null
  user: unknown
  session: unknown
}

export interface AuthEngineOptions {
  source: TokenSource
  clock?: Clock
  /** Asks for a token at once, not after the session is known. The provider may hint at it as well. @default false */
  mayBeSignedIn?: boolean
  /** `null`: a server found nobody. */
  initialAuth?: InitialAuth | null
}

type AuthListener = (state: AuthState, former: AuthState) => void

/**
 * Holds who is signed in and their token, asks the provider and never gives up: the one place where identity is decided.
 */
export interface AuthEngine {
  readonly state: AuthState
  /** The only way to another state. Events that arise while one is handled wait for their turn. */
  dispatch: (event: AuthEvent) => void
  /** Begins to listen to the provider and to act. Without it (on a server) nothing is asked and nothing runs. */
  start: () => void
  /** Stops all timers and requests. Tokens that are waited for never come. */
  close: () => void
  /** Calls `listener` in the tick of each change. */
  subscribe: (listener: AuthListener) => void
  /**
   * A token of the current person, as soon as there is one; `isForced` asks for another than the one handed out before. Never rejects, never
   * gives `null`, and never settles if the person goes first.
   */
  requestToken: (isForced: boolean) => Promise<string>
  /** Called when there is a token that nobody asked for: the connection should ask now. */
  onTokenAvailable: () => void
  /** What the deployment made of the token: see {@link AuthEvent}. */
  onAuthResult: (verdict: 'authenticated' | 'refreshing' | 'rejected') => void
  /** The page became visible or online. */
  wake: () => void
  /** Asks the provider again who is signed in, because somebody says that it has changed. */
  refreshSession: () => void
  /** Requests the session and a token again. Resolves once the deployment has confirmed the token, or it is known that none comes for now. */
  refresh: () => Promise<void>
  /**
   * Ends the session.
   *
   * @throws {ConvueError} `SIGN_OUT_FAILED`: nothing has changed here. After 30 s without an answer too.
   */
  signOut: () => Promise<void>
}

const systemClock: Clock = {
  now: () => Date.now(),
  schedule(task, delayMs) {
    const LONGEST_TIMER_MS = 2 ** 31 - 1
    const timer = setTimeout(task, Math.min(delayMs, LONGEST_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

type Cancel = () => void

export function createAuthEngine({
  source,
  clock = systemClock,
  mayBeSignedIn = false,
  initialAuth,
}: AuthEngineOptions): AuthEngine {
  const snapshot = source.getSnapshot()
  let token = initialAuth?.token ? readToken(initialAuth.token) : null
  let receivedAt = clock.now() - (token ? ageOnArrival(token, clock.now()) : 0)
  /** The token, until the connection has it. */
  let fresh = token
  let waiters: ((token: string) => void)[] = []
  const refreshes: (() => void)[] = []
  let isClosed = false
  let unsubscribe: Cancel | undefined
  const events: AuthEvent[] = []
  const listeners = new Set<AuthListener>()

  let state = transition(
    initialAuthState(mayBeSignedIn || !!(snapshot.status === 'pending' && snapshot.mayBeSignedIn), personOf(initialAuth, token), !!token),
    { type: 'session', snapshot },
  )

  /** How long the first token may take: then queries that may run anonymously do so, and a user that a server found is not known for sure any more. */
  const TOKEN_OVERDUE_AFTER_MS = 2000
  const followRequest = following(pursue)
  const followToken = following(planRenewal)
  const followWait = following((_: 'token') => clock.schedule(() => dispatch({ type: 'anonymousTimedOut' }), TOKEN_OVERDUE_AFTER_MS))

  const signOutTimeouts = new Set<Cancel>()

  const engine: AuthEngine = {
    get state() {
      return state
    },
    dispatch,
    start() {
      // A provider may speak while it is being subscribed to: by then, what was known before is under way.
      act()
      unsubscribe = source.subscribe(snapshot => dispatch({ type: 'session', snapshot }))
    },
    close() {
      isClosed = true
      unsubscribe?.()
      followRequest(null)
      followToken(null)
      followWait(null)
      listeners.clear()
      // The requests go on: an app that is closed may have signed out first.
      signOutTimeouts.forEach(cancel => cancel())
      settleRefreshes()
    },
    subscribe: listener => void listeners.add(listener),
    requestToken(isForced) {
      // A token that was refused is not sent again.
      const ready = isForced ? fresh : isTokenUsable(state) && token
      if (ready) {
        fresh = null
        return Promise.resolve(ready.value)
      }
      return new Promise((resolve) => {
        waiters.push(resolve)
        // The Convex client asks at once for what follows a token that lives shorter than its leeway, and so without end: our own renewal is in time.
        if (!isForced || state.status !== 'authenticated' || isAged(0.5))
          dispatch({ type: 'tokenRequested', refusedAt: isAged() ? undefined : clock.now() })
      })
    },
    onTokenAvailable() {},
    onAuthResult: verdict => dispatch(verdict === 'rejected' ? { type: verdict, at: clock.now() } : { type: verdict }),
    wake() {
      dispatch({ type: 'retry', isEarly: true })
      if (token && clock.now() - receivedAt >= renewalDelay(token.lifetimeMs))
        demand()
    },
    refreshSession() {
      if (!source.refresh)
        return demand()
      dispatch({ type: 'sessionCheckRequested' })
      source.refresh()
    },
    refresh: () => new Promise((resolve) => {
      if (isClosed)
        return resolve()
      refreshes.push(resolve)
      dispatch({ type: 'refresh', hasSession: !!source.refresh })
      source.refresh?.()
    }),
    async signOut() {
      const SIGN_OUT_TIMEOUT_MS = 30_000
      const controller = new AbortController()
      const { signal } = controller
      const timedOut = new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      const cancelTimeout = clock.schedule(() => controller.abort(), SIGN_OUT_TIMEOUT_MS)
      signOutTimeouts.add(cancelTimeout)
      try {
        await Promise.race([source.signOut?.({ signal }), timedOut])
      }
      catch (cause) {
        throw diagnose('SIGN_OUT_FAILED', undefined, cause)
      }
      finally {
        cancelTimeout()
        signOutTimeouts.delete(cancelTimeout)
      }
      dispatch({ type: 'signedOut' })
    },
  }
  return engine

  function dispatch(event: AuthEvent): void {
    if (events.push(event) > 1)
      return
    try {
      for (const next of events)
        handle(next)
    }
    finally {
      events.length = 0
    }
  }

  function handle(event: AuthEvent): void {
    const former = state
    state = transition(former, event)
    const { user } = state
    if (user === null || isIdentityChange(former, state)) {
      // Nothing of the former person outlives this tick: whoever waits for their token waits for good.
      waiters = []
      fresh = token = null
    }
    // One that was not accepted is nobody's.
    if (event.type === 'token' && user && !state.request) {
      fresh = token = event.token
      receivedAt = clock.now()
    }
    if (state !== former) {
      for (const listener of listeners)
        listener(state, former)
      act()
    }
    const isOver = state.request ? state.request.status === 'waiting' : !fresh && (event.type === 'authenticated' || !hasToken(state))
    if (isOver)
      settleRefreshes()
  }

  function settleRefreshes(): void {
    for (const resolve of refreshes.splice(0))
      resolve()
  }

  /** Makes what goes on agree with the state. */
  function act(): void {
    const { request, status } = state
    followRequest(request)
    followToken(token)
    followWait(status === 'loading' || (state.user && !token) ? 'token' : null)
    if (!fresh)
      return
    if (waiters.length > 0) {
      for (const resolve of waiters.splice(0))
        resolve(fresh.value)
      fresh = null
    }
    // A token that nobody asked for: another session's, or a wake-up's.
    else if (status === 'authenticated') {
      engine.onTokenAvailable()
    }
  }

  function demand(): void {
    dispatch({ type: 'tokenRequested' })
  }

  /** Whether the token has lived for this share of its lifetime. */
  function isAged(share = 1): boolean {
    return !!token && clock.now() - receivedAt >= token.lifetimeMs * share
  }

  /**
   * The one plan for renewals. The Convex client has another, 10 s before the end of a token, which is too late for an endpoint that fails at that
   * moment, and later still where the client is mistaken about the clock (it counts the age of the page twice): it finds the new token there.
   */
  function planRenewal({ lifetimeMs }: Token): Cancel {
    const SHORTEST_MS = 1000
    return clock.schedule(demand, Math.max(receivedAt + renewalDelay(lifetimeMs) - clock.now(), SHORTEST_MS))
  }

  /** Does what a request stands for. */
  function pursue({ status, kind: question, failures, retryAfterMs }: ProviderRequest): Cancel {
    if (status === 'waiting')
      return clock.schedule(() => dispatch({ type: 'retry', isEarly: false }), backOffDelay(failures, retryAfterMs))

    const ATTEMPT_TIMEOUT_MS = 10_000
    const controller = new AbortController()
    const { signal } = controller
    const answer = (event: AuthEvent): void => {
      // An answer to anything but the present request is dropped.
      if (!signal.aborted)
        dispatch(event)
    }
    const fail = (error: Error): void => answer({ type: 'failed', error })
    const cancelTimeout = clock.schedule(() => fail(diagnose('TOKEN_REQUEST_TIMEOUT', ATTEMPT_TIMEOUT_MS)), ATTEMPT_TIMEOUT_MS)
    // Synchronously, at the first moment; whatever a provider does, it does to nobody but itself.
    void (async () => {
      if (question === 'token' || (failures > 0 && !source.refresh))
        return read(await source.fetchToken({ force: !!token, signal }))
      // The subscription was the first question about the session, and brings the answer to each.
      if (failures > 0)
        source.refresh!()
    })().then(event => event && answer(event), cause => fail(diagnose('TOKEN_REQUEST_FAILED', undefined, cause)))
    return () => {
      cancelTimeout()
      controller.abort()
    }
  }

  function read(outcome: TokenOutcome): AuthEvent {
    if (outcome.kind === 'denied')
      return { type: 'denied' }
    const offered = outcome.kind === 'token' && readToken(outcome.token)
    if (offered && offered.value !== token?.value)
      return { type: 'token', token: offered }
    const { error = diagnose('TOKEN_INVALID'), retryAfterMs } = outcome as Partial<Extract<TokenOutcome, { kind: 'failed' }>>
    return { type: 'failed', error, retryAfterMs }
  }
}

/** The user that a server found, as far as the session that it describes says. */
function personOf(initialAuth: InitialAuth | null | undefined, token: Token | null): SignedInUser | null | undefined {
  if (!initialAuth)
    return initialAuth
  const { user, session } = initialAuth as { user: any, session: any }
  if (token)
    return { ...token.user, profile: user, session }
  // A token that cannot be read says nothing, and neither does a user without an id.
  return initialAuth.token === null && typeof user?.id === 'string' ? { id: user.id, sessionId: session?.id ?? null, profile: user, session } : undefined
}

/** How old the token of a page is that a server has rendered. If the clocks differ too much to tell, it counts as new. */
function ageOnArrival({ lifetimeMs, expiresAt }: Token, now: number): number {
  const restMs = expiresAt - now
  return restMs > 0 && restMs < lifetimeMs ? lifetimeMs - restMs : 0
}

/** Keeps going what `begin` begins for a key, which returns how to end it: until the next key, or none. */
function following<Key>(begin: (key: Key) => Cancel | undefined): (key: Key | null) => void {
  let current: Key | null = null
  let end: Cancel | undefined
  return (key) => {
    if (key === current)
      return
    end?.()
    current = key
    end = key === null ? undefined : begin(key)
  }
}
