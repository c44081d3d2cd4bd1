/** The auth engine: dispatches events to the reducer and runs the effects of the state. */
import type { Cancel } from '../shared/schedule.ts'
import type { AuthEvent, AuthState } from './auth-state.ts'
import type { Clock } from './clock.ts'
import type { EngineSource } from './token-source.ts'
import type { SignedInUser, Token } from './token.ts'
import { diagnose } from '../errors/diagnose.ts'
import { hasToken, initialAuthState, isTokenUsable, transition } from './auth-state.ts'
import { keyedEffect, systemClock } from './clock.ts'
import { createProviderRequests } from './provider-requests.ts'
import { createTokenHolder } from './token-holder.ts'
import { readToken } from './token.ts'

/** The user for whom a server has rendered the page, with the token that the server used. */
export interface InitialAuth {
  /**
   * `null` if the page may not contain the token. The page then shows the server-rendered data
   * while a token is requested from the provider.
   */
  token: string | null
  user: unknown
  session: unknown
}

export interface AuthEngineOptions {
  source: EngineSource
  clock?: Clock
  /**
   * Requests a token at once, before the session is known. The provider can request the same with
   * `mayBeSignedIn` in its snapshot.
   *
   * @default false
   */
  mayBeSignedIn?: boolean
  /** `null`: a server found that the request is anonymous. */
  initialAuth?: InitialAuth | null
  /** Not called in a production build. */
  trace?: AuthTrace
}

/** Called after each event with the states before and after it, and the token before it. */
export type AuthTrace = (event: AuthEvent['type'], from: AuthState, to: AuthState, previousToken: Token | null) => void

type AuthListener = (state: AuthState, previous: AuthState) => void

/**
 * Holds the current user and the token. Requests both from the provider, and repeats a request
 * until the provider answers. Only the engine changes the identity.
 */
export interface AuthEngine {
  readonly state: AuthState
  /** The current token. Whenever it changes, the state changes too. */
  readonly token: Token | null
  /**
   * The time at which the current token was issued, in milliseconds of the engine's clock. Absent
   * in a production build.
   */
  tokenIssuedAt?: (() => number) | undefined
  /**
   * The only way to change the state. An event that is dispatched while another event is handled is
   * queued.
   */
  dispatch: (event: AuthEvent) => void
  /** Subscribes to the provider and runs effects. Not called on a server. */
  start: () => void
  /**
   * Whether a query, a call or the app has needed to know which user is signed in. Until then, the
   * engine listens to the sessions that the provider reports, and requests no token.
   */
  readonly isNeeded: boolean
  /** Sets {@link AuthEngine.isNeeded}, permanently. */
  need: () => void
  /** Stops all timers and requests. A promise of {@link AuthEngine.requestToken} never settles. */
  close: () => void
  /** Calls `listener` synchronously after each change of the state. */
  subscribe: (listener: AuthListener) => void
  /**
   * Resolves with a token of the current user as soon as there is one. With `isForced`, the token
   * differs from the token that the previous call returned. Never rejects, never resolves with
   * `null`, and never settles if the identity changes first.
   */
  requestToken: (isForced: boolean) => Promise<string>
  /**
   * Calls `listener` when a token has become available that the connection did not request. The
   * connection should then request it.
   */
  onTokenAvailable: (listener: () => void) => void
  /** Reports whether the deployment has accepted the token: see {@link AuthEvent}. */
  onAuthResult: (result: 'authenticated' | 'refreshing' | 'rejected') => void
  /** To be called when the page has become visible or online. */
  wake: () => void
  /**
   * Requests the session again, because another tab or a query reports that it may have changed.
   */
  refreshSession: () => void
  /**
   * Requests the session and a token again. Resolves once the deployment has confirmed the token,
   * or once it is certain that no token is available for now. Resolves at once on a server, where
   * the engine is not started, and after {@link AuthEngine.close}.
   */
  refresh: () => Promise<void>
  /**
   * Ends the session.
   *
   * @throws {ConvueError} `SIGN_OUT_FAILED`: nothing has changed on this page. Also thrown if the
   *   provider does not answer within 30 s.
   */
  signOut: () => Promise<void>
}

export function createAuthEngine({
  source,
  clock = systemClock,
  mayBeSignedIn,
  initialAuth,
  trace,
}: AuthEngineOptions): AuthEngine {
  const snapshot = source.getSnapshot()
  const isHinted = mayBeSignedIn || (snapshot.status === 'pending' && snapshot.mayBeSignedIn)
  const initialToken = readToken(initialAuth?.token)
  const initial = transition(
    initialAuthState(isHinted, serverUser(initialAuth, initialToken), !!initialToken),
    { type: 'session', snapshot },
  )
  let state = initial.state
  // The provider may already report an identity that differs from the server's. The token of the
  // server is then dropped.
  const tokens = createTokenHolder(clock, initial.token === 'keep' ? initialToken : null, renewToken)
  const setProviderRequest = createProviderRequests(source, clock, tokens, dispatch)

  /**
   * How long the page waits for the first token, in milliseconds. After that time, queries with
   * `auth: 'optional'` run anonymously. If a server found a user, it is then no longer certain that
   * this user is signed in.
   */
  const FIRST_TOKEN_TIMEOUT_MS = 2000
  const setFirstTokenTimeout = keyedEffect((_isWaiting: true) =>
    clock.schedule(() => dispatch({ type: 'anonymousTimedOut' }), FIRST_TOKEN_TIMEOUT_MS))

  const queue: AuthEvent[] = []
  const listeners = new Set<AuthListener>()
  const tokenListeners = new Set<() => void>()
  const refreshes: (() => void)[] = []
  const signOutTimeouts = new Set<Cancel>()
  let unsubscribe: Cancel | undefined
  let isRunning = false
  let isNeeded = false

  return {
    get isNeeded() {
      return isNeeded
    },
    need() {
      isNeeded = true
      if (isRunning)
        syncEffects()
    },
    get state() {
      return state
    },
    get token() {
      return tokens.current
    },
    dispatch,
    start() {
      isRunning = true
      // The effects start before the subscription, since a provider may report a session while
      // `subscribe` is running.
      syncEffects()
      unsubscribe = source.subscribe(snapshot => dispatch({ type: 'session', snapshot }))
    },
    close() {
      isRunning = false
      unsubscribe?.()
      setProviderRequest(null)
      setFirstTokenTimeout(null)
      tokens.setRenewal(null)
      listeners.clear()
      // The sign-out requests themselves continue, since an app may sign out and close the plugin
      // immediately afterwards.
      signOutTimeouts.forEach(cancel => cancel())
      settleRefreshes()
    },
    subscribe: listener => void listeners.add(listener),
    requestToken(isForced) {
      const ready = tokens.take(isForced, isTokenUsable(state))
      if (ready)
        return Promise.resolve(ready)
      const token = tokens.next()
      // If the lifetime of a token is shorter than the Convex client's leeway, the client would
      // request one token after another without end. Such a request is ignored here: the engine
      // itself renews the token before it expires.
      if (!isForced || state.status !== 'authenticated' || tokens.hasLived(0.5))
        dispatch({ type: 'tokenRequested', rejectedAt: tokens.hasLived(1) ? undefined : clock.now() })
      return token
    },
    onTokenAvailable: listener => void tokenListeners.add(listener),
    onAuthResult: type => dispatch({ type, at: clock.now() }),
    wake() {
      dispatch({ type: 'retry', isEarly: true })
      tokens.wake()
    },
    refreshSession() {
      if (!source.refresh)
        return renewToken()
      dispatch({ type: 'sessionCheckRequested' })
      source.refresh()
    },
    refresh: () => new Promise((resolve) => {
      if (!isRunning)
        return resolve()
      refreshes.push(resolve)
      dispatch({ type: 'refresh', hasSession: !!source.refresh })
      source.refresh?.()
    }),
    async signOut() {
      const SIGN_OUT_TIMEOUT_MS = 30_000
      const controller = new AbortController()
      const { signal } = controller
      let cancelTimeout: Cancel
      const timedOut = new Promise<never>((_resolve, reject) => {
        cancelTimeout = clock.schedule(() => {
          controller.abort()
          reject(signal.reason)
        }, SIGN_OUT_TIMEOUT_MS)
        signOutTimeouts.add(cancelTimeout)
      })
      try {
        await Promise.race([source.signOut?.({ signal }), timedOut])
      }
      catch (cause) {
        throw diagnose('SIGN_OUT_FAILED', undefined, cause)
      }
      finally {
        cancelTimeout!()
        signOutTimeouts.delete(cancelTimeout!)
      }
      dispatch({ type: 'signedOut' })
    },
    ...process.env.NODE_ENV !== 'production' && { tokenIssuedAt: tokens.issuedAt },
  }

  function dispatch(event: AuthEvent): void {
    // While an event is handled, other events wait in the queue.
    if (queue.push(event) > 1)
      return
    try {
      for (const next of queue)
        handle(next)
    }
    finally {
      queue.length = 0
    }
  }

  function handle(event: AuthEvent): void {
    const previous = state
    const next = transition(previous, event)
    state = next.state
    if (process.env.NODE_ENV !== 'production')
      trace?.(event.type, previous, state, tokens.current)
    // The tokens are updated before the listeners run. A listener must not find a token of the
    // previous user, nor a promise that still waits for such a token.
    if (next.token === 'replace' || next.token === 'clear')
      tokens.clear()
    if (next.token === 'replace' || next.token === 'accept')
      tokens.accept(event as Extract<AuthEvent, { type: 'token' }>)
    if (state !== previous) {
      for (const listener of listeners)
        listener(state, previous)
      syncEffects()
    }
    if (isRefreshOver(event))
      settleRefreshes()
  }

  /**
   * Whether a refresh is over: the deployment has confirmed a new token, or the provider cannot
   * provide a token for now.
   */
  function isRefreshOver(event: AuthEvent): boolean {
    if (state.request)
      return state.request.status === 'waiting'
    return !tokens.isUndelivered && (event.type === 'authenticated' || !hasToken(state))
  }

  function settleRefreshes(): void {
    for (const resolve of refreshes.splice(0))
      resolve()
  }

  /** Makes requests, timers and the delivery of the token agree with the state. */
  function syncEffects(): void {
    const { request, status, user } = state
    setProviderRequest(isNeeded || request?.kind === 'session' ? request : null)
    tokens.setRenewal(isNeeded ? tokens.current : null)
    const isWaitingForToken = status === 'loading' || (user && !tokens.current)
    setFirstTokenTimeout(isNeeded && isWaitingForToken ? true : null)
    // If no caller waits for the token, it is the token of another session or a renewed token, and
    // the connection must request it.
    if (tokens.deliver() && status === 'authenticated')
      tokenListeners.forEach(listener => listener())
  }

  function renewToken(): void {
    dispatch({ type: 'tokenRequested' })
  }
}

/** The user that a server found, with the profile and session that the server passed. */
function serverUser(initialAuth: InitialAuth | null | undefined, token: Token | null): SignedInUser | null | undefined {
  if (!initialAuth)
    return initialAuth
  const { user, session } = initialAuth as { user: any, session: any }
  // An unreadable token does not identify a user, and neither does a description without an id.
  if (!token && (initialAuth.token !== null || typeof user?.id !== 'string'))
    return undefined
  return { id: user?.id, sessionId: session?.id ?? null, ...token?.user, profile: user, session }
}
