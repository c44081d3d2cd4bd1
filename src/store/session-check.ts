/** The states of a check whether a user's session is still valid, and their transitions. Pure. */
import type { AuthState } from '../token/auth-state.ts'

export type SessionCheck
  = | { kind: 'none' }
  /** The session will soon be requested from the provider. */
    | { kind: 'due', sessionId: string | null }
  /** The session has been requested from the provider, which has not answered yet. */
    | { kind: 'requested', sessionId: string | null }
  /**
   * The provider has reported another session of the same user. Queries still fail until the
   * deployment has received a token of that session, so outcomes are withheld until the time limit.
   */
    | { kind: 'replaced' }

export const NO_CHECK: SessionCheck = { kind: 'none' }

/** Starts a check of the current session, which will soon be requested from the provider. */
export function startCheck({ lastReportedSession, user }: AuthState): SessionCheck {
  return { kind: 'due', sessionId: (lastReportedSession ?? user)?.sessionId ?? null }
}

/** The check after a change of the auth state that was not an identity change. */
export function nextCheck(check: SessionCheck, state: AuthState, previous: AuthState): SessionCheck {
  if (check.kind === 'none' || check.kind === 'replaced')
    return check
  const { lastReportedSession, request } = state
  const isReported = lastReportedSession !== previous.lastReportedSession
  if (isReported && lastReportedSession?.sessionId !== check.sessionId)
    return { kind: 'replaced' }
  const isAnswered = check.kind === 'requested' && (isReported || !request)
  return isAnswered ? NO_CHECK : check
}
