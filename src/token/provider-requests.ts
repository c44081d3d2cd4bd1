/** Requests to the identity provider: attempts, their time-outs, and the back-off between them. */
import type { Cancel } from '../shared/schedule.ts'
import type { AuthEvent, ProviderRequest } from './auth-state.ts'
import type { Clock } from './clock.ts'
import type { TokenHolder } from './token-holder.ts'
import type { EngineSource, SessionOutcome, TokenOutcome } from './token-source.ts'
import { diagnose } from '../errors/diagnose.ts'
import { backOffDelay } from '../shared/back-off.ts'
import { keyedEffect } from './clock.ts'
import { readToken } from './token.ts'

type Outcome = TokenOutcome | SessionOutcome
type FailedOutcome = Extract<Outcome, { kind: 'failed' }>

/**
 * Returns a function that starts the request that the auth state contains, and aborts the previous
 * request. With `null`, it only aborts the previous request. `tokens` contains the current token:
 * if the provider returns the same token again, the request has failed.
 */
export function createProviderRequests(
  source: EngineSource,
  clock: Clock,
  tokens: TokenHolder,
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
      if (!event || signal.aborted)
        return
      dispatch(event)
      // Without tokens, the deployment confirms nothing: the report of the provider is itself the
      // confirmation.
      if (event.type === 'token' && event.token.value === 'session' && tokens.take(true, true))
        dispatch({ type: 'authenticated' })
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

  /**
   * Calls the provider synchronously. If the provider throws, or a getter of its outcome, the
   * promise rejects.
   */
  async function attempt({ kind, failures }: ProviderRequest, signal: AbortSignal): Promise<AuthEvent | undefined> {
    if (kind === 'token' || (failures > 0 && !source.refresh))
      return eventOf(await source.fetchToken({ force: !!tokens.current, signal }))
    // Subscribing to the provider is the first request for the session. The answers to later
    // requests arrive through the same subscription.
    if (failures > 0)
      source.refresh!()
  }

  function eventOf(outcome: Outcome): AuthEvent {
    if (outcome.kind === 'denied')
      return { type: 'denied' }
    // In an app without tokens, a placeholder that never expires takes the place of the token.
    if (outcome.kind === 'session') {
      const token = { value: 'session', user: outcome.user, lifetimeMs: Infinity, expiresAt: Infinity }
      return { type: 'token', token }
    }
    const token = outcome.kind === 'token' && readToken(outcome.token)
    if (token && token.value !== tokens.current?.value)
      return { type: 'token', token, ageMs: outcome.ageMs }
    const { error = diagnose('TOKEN_INVALID'), retryAfterMs } = outcome as Partial<FailedOutcome>
    return { type: 'failed', error, retryAfterMs }
  }
}
