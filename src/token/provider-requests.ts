/** Requests to the identity provider: attempts, their time-outs, and the back-off between them. */
import type { AuthEvent, ProviderRequest } from './auth-state.ts'
import type { Cancel, Clock } from './clock.ts'
import type { EngineSource, SessionOutcome, TokenOutcome } from './token-source.ts'
import type { Token } from './token.ts'
import { diagnose } from '../errors/catalogue.ts'
import { backOffDelay } from '../shared/back-off.ts'
import { keyedEffect } from './clock.ts'
import { readToken } from './token.ts'

type FailedOutcome = Extract<TokenOutcome, { kind: 'failed' }>

/**
 * The times of a placeholder token that represents a session. It is valid as long as the session.
 */
const NEVER_EXPIRES = { lifetimeMs: Infinity, expiresAt: Infinity }

/**
 * Returns a function that starts the given request of the auth state and aborts the previous one.
 * `null` only aborts the previous one. `tokens` contains the current token: if the provider returns
 * the same token again, the request has failed.
 */
export function createProviderRequests(
  source: EngineSource,
  clock: Clock,
  tokens: { readonly current: Token | null },
  dispatch: (event: AuthEvent) => void,
): (request: ProviderRequest | null) => void {
  return keyedEffect(startProviderRequest)

  function startProviderRequest(request: ProviderRequest): Cancel {
    const { status, failures, retryAfterMs } = request
    if (status === 'waiting')
      return clock.schedule(() => dispatch({ type: 'retry', isEarly: false }), backOffDelay(failures, retryAfterMs))

    const ATTEMPT_TIMEOUT_MS = 10_000
    const controller = new AbortController()
    const { signal } = controller
    const settle = (event: AuthEvent | undefined): void => {
      // If another request has replaced this request, its answer is dropped.
      if (event && !signal.aborted)
        dispatch(event)
    }
    const fail = (error: Error): void => settle({ type: 'failed', error })
    const cancelTimeout = clock.schedule(
      () => fail(diagnose('TOKEN_REQUEST_TIMEOUT', ATTEMPT_TIMEOUT_MS)),
      ATTEMPT_TIMEOUT_MS,
    )
    attempt(request, signal).then(settle, cause => fail(diagnose('TOKEN_REQUEST_FAILED', undefined, cause)))
    return () => {
      cancelTimeout()
      controller.abort()
    }
  }

  /** Calls the provider synchronously. If the provider throws, the promise rejects. */
  async function attempt({ kind, failures }: ProviderRequest, signal: AbortSignal): Promise<AuthEvent | undefined> {
    if (kind === 'token' || (failures > 0 && !source.refresh))
      return eventOf(await source.fetchToken({ force: !!tokens.current, signal }))
    // The first request for the session needs no call: subscribing to the provider sends it. The
    // subscription receives the answers to all requests for the session.
    if (failures > 0)
      source.refresh!()
  }

  function eventOf(outcome: TokenOutcome | SessionOutcome): AuthEvent {
    if (outcome.kind === 'denied')
      return { type: 'denied' }
    if (outcome.kind === 'session')
      return { type: 'token', token: { value: 'session', user: outcome.user, ...NEVER_EXPIRES } }
    const token = outcome.kind === 'token' && readToken(outcome.token)
    if (token && token.value !== tokens.current?.value)
      return { type: 'token', token }
    const { error = diagnose('TOKEN_INVALID'), retryAfterMs } = outcome as Partial<FailedOutcome>
    return { type: 'failed', error, retryAfterMs }
  }
}
