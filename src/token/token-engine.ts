import type { AuthEvent, AuthState, ProviderRequest } from './auth-state.ts'
import type { TokenClaims } from './jwt.ts'
import type { TokenOutcome, TokenSource } from './token-source.ts'
import { diagnose } from '../diagnostics.ts'
import { initialAuthState, isChangeOfPerson, transition } from './auth-state.ts'
import { backOffDelay } from './back-off.ts'
import { readClaims } from './jwt.ts'

/** Time, as the engine needs it. It may be wrong: only differences count. */
export interface Clock {
  /** Milliseconds since any fixed moment, sleep included. */
  now: () => number
  /** Runs `task` after `delayMs` milliseconds, until the returned function is called. */
  schedule: (task: () => void, delayMs: number) => () => void
}

/** Remembers whether this browser was signed in before: one harmless boolean. */
export interface SignInHint {
  read: () => boolean
  write: (isSignedIn: boolean) => void
}

/** Who a server found to be there, with the token that it used. */
export interface InitialAuth {
  token: string
  user: unknown
  session: unknown
}

export interface TokenEngineOptions {
  source: TokenSource
  clock?: Clock
  /** @default no hint: the token is asked for after the session is known */
  hint?: SignInHint
  /** `null`: a server found nobody. */
  initialAuth?: InitialAuth | null
  /** How long one attempt to get an answer may take, in milliseconds. @default 10000 */
  attemptTimeoutMs?: number
  /** How long what may run as nobody waits for a token, in milliseconds. @default 2000 */
  anonymousAfterMs?: number
  /** @default Math.random */
  random?: () => number
}

interface Token { value: string, receivedAt: number, lifetimeMs: number }

type AuthListener = (state: AuthState, former: AuthState) => void

/**
 * Holds who is signed in and their token, asks the provider and never gives up: the one place where identity is decided.
 */
export interface TokenEngine {
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
  onFreshToken: () => void
  /** The page became visible or online. */
  wake: () => void
  /** Asks the provider again who is signed in, because somebody says that it has changed. */
  refreshSession: () => void
  /**
   * Ends the session.
   *
   * @throws {ConvueError} `SIGN_OUT_FAILED`: nothing has changed.
   */
  signOut: () => Promise<void>
}

const RENEWAL_LEEWAY_MS = 5000
const LONGEST_TIMER_MS = 2 ** 31 - 1

const systemClock: Clock = {
  now: () => Date.now(),
  schedule(task, delayMs) {
    const timer = setTimeout(task, Math.min(delayMs, LONGEST_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

function nothing(): void {}

export function createTokenEngine({
  source,
  clock = systemClock,
  hint,
  initialAuth,
  attemptTimeoutMs = 10_000,
  anonymousAfterMs = 2000,
  random = Math.random,
}: TokenEngineOptions): TokenEngine {
  let token: Token | null = null
  /** The one that the provider has just given; not yet believed. */
  let offered: Token | null = null
  /** The token that the connection has. */
  let handed: string | null = null
  let waiters: ((token: string) => void)[] = []
  let isDispatching = false
  const events: AuthEvent[] = []
  const listeners = new Set<AuthListener>()
  let cancelRequest = nothing
  let cancelOverdue = nothing
  let cancelRenewal = nothing
  /** The token whose renewal is planned. */
  let planned: Token | null = null
  let unsubscribe = nothing

  const keptClaims = initialAuth && read(initialAuth.token)
  token = offered
  const snapshot = source.getSnapshot()
  let state = initialAuthState(
    snapshot,
    !!(snapshot.status === 'pending' && snapshot.mayBeSignedIn) || !!hint?.read(),
    keptClaims ? { ...keptClaims, user: initialAuth!.user, session: initialAuth!.session } : initialAuth === null ? null : undefined,
  )

  const engine: TokenEngine = {
    get state() {
      return state
    },
    dispatch,
    start() {
      // A provider may speak while it is being subscribed to: by then, what was known before is under way.
      runEffects(null)
      unsubscribe = source.subscribe(snapshot => dispatch({ type: 'session', snapshot }))
    },
    close() {
      unsubscribe()
      cancelRequest()
      cancelOverdue()
      cancelRenewal()
      listeners.clear()
      waiters = []
      token = null
    },
    subscribe: listener => void listeners.add(listener),
    requestToken(isForced) {
      if (token && (!isForced || isFresh()))
        return Promise.resolve(hand())
      return new Promise((resolve) => {
        waiters.push(resolve)
        dispatch({ type: 'demand', isForced, isAged: isAged() })
      })
    },
    onFreshToken: nothing,
    wake: () => dispatch({ type: 'woke', isAged: isAged() }),
    refreshSession: () => source.refresh ? source.refresh() : dispatch({ type: 'doubted' }),
    async signOut() {
      try {
        await source.signOut?.()
      }
      catch (cause) {
        throw diagnose('SIGN_OUT_FAILED', undefined, cause)
      }
      dispatch({ type: 'signedOut' })
    },
  }
  return engine

  function dispatch(event: AuthEvent): void {
    events.push(event)
    if (isDispatching)
      return
    isDispatching = true
    try {
      for (let next = events.shift(); next; next = events.shift())
        handle(next)
    }
    finally {
      isDispatching = false
    }
  }

  function handle(event: AuthEvent): void {
    const former = state
    state = transition(former, event)
    if (state === former)
      return
    if (!state.identity.person || isChangeOfPerson(former.identity, state.identity)) {
      // Nothing of the former person outlives this tick: whoever waits for their token waits for good.
      if (state.identity.person !== undefined)
        waiters = []
      handed = token = null
    }
    // One that was not accepted is nobody's.
    if (event.type === 'token' && state.identity.person && !state.request)
      token = offered
    for (const listener of listeners)
      listener(state, former)
    runEffects(former)
  }

  function runEffects(former: AuthState | null): void {
    const { identity, request } = state
    if (request !== former?.request) {
      cancelRequest()
      cancelRequest = begin(request)
    }

    const isLoading = identity.status === 'loading'
    const isNewWait = isLoading && (former?.identity.status !== 'loading' || isChangeOfPerson(former.identity, identity))
    if (isNewWait || !isLoading)
      cancelOverdue()
    if (isNewWait)
      cancelOverdue = clock.schedule(() => dispatch({ type: 'overdue' }), anonymousAfterMs)

    if (token !== planned) {
      planned = token
      cancelRenewal()
      cancelRenewal = planRenewal()
    }

    if (isLoading)
      return
    if (identity.status !== former?.identity.status)
      hint?.write(!!identity.person)
    if (isFresh() && waiters.length > 0) {
      const handedOver = hand()
      for (const resolve of waiters.splice(0))
        resolve(handedOver)
    }
    // A token that nobody asked for: another session's, or a wake-up's.
    else if (isFresh() && identity.status === 'authenticated') {
      engine.onFreshToken()
    }
  }

  /** The Convex client asks in time, unless it is mistaken about the clock (it counts the age of the page twice): then we do, just before it is late. */
  function planRenewal(): () => void {
    const { lifetimeMs } = token ?? { lifetimeMs: Number.POSITIVE_INFINITY }
    return lifetimeMs < Number.POSITIVE_INFINITY
      ? clock.schedule(() => dispatch({ type: 'woke', isAged: true }), lifetimeMs - Math.min(RENEWAL_LEEWAY_MS, lifetimeMs / 10))
      : nothing
  }

  /** Does what a request stands for; the returned function undoes it. */
  function begin(request: ProviderRequest | null): () => void {
    if (!request)
      return nothing
    if (request.status === 'waiting')
      return clock.schedule(() => dispatch({ type: 'due' }), Math.max(backOffDelay(request.failures, random()), request.retryAfterMs || 0))

    const controller = new AbortController()
    // An answer to anything but the present request is dropped.
    const settle = (outcome: TokenOutcome): void => {
      if (state.request === request && !controller.signal.aborted)
        receive(outcome)
    }
    const cancelTimeout = clock.schedule(() => settle({ kind: 'failed', error: diagnose('TOKEN_REQUEST_TIMEOUT', attemptTimeoutMs) }), attemptTimeoutMs)
    // Synchronously, at the first moment; whatever a provider does, it does to nobody but itself.
    void (async () => put(request, controller.signal))()
      .then(outcome => outcome !== undefined && settle(outcome), cause => settle({ kind: 'failed', error: diagnose('TOKEN_REQUEST_FAILED', undefined, cause) }))
    return () => {
      cancelTimeout()
      controller.abort()
    }
  }

  /** Puts a question. An answer about the session comes through the subscription, which was the first question as well. */
  function put({ question, failures }: ProviderRequest, signal: AbortSignal): Promise<TokenOutcome> | undefined {
    if (question === 'session' && (failures === 0 || source.refresh))
      return void (failures > 0 && source.refresh!())
    return source.fetchToken({ force: question === 'newToken', signal })
  }

  function receive(outcome: TokenOutcome): void {
    if (outcome?.kind === 'denied')
      return dispatch({ type: 'denied' })
    const claims = outcome?.kind === 'token' ? read(outcome.token) : null
    if (claims)
      return dispatch({ type: 'token', claims, isRepeated: offered === token })
    const { error = diagnose('TOKEN_INVALID'), retryAfterMs } = outcome as Partial<Extract<TokenOutcome, { kind: 'failed' }>> ?? {}
    dispatch({ type: 'failed', error, retryAfterMs })
  }

  function read(value: string): TokenClaims | null {
    const claims = readClaims(value)
    if (claims)
      offered = value === token?.value ? token : { value, receivedAt: clock.now(), lifetimeMs: claims.lifetimeMs }
    return claims
  }

  function hand(): string {
    return handed = token!.value
  }

  /** A token is there that the connection does not have yet. */
  function isFresh(): boolean {
    return !!token && token.value !== handed
  }

  function isAged(): boolean {
    return !!token && clock.now() - token.receivedAt >= token.lifetimeMs
  }
}
