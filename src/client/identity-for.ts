/** As which identity queries and calls run, for each auth mode and each auth state. Pure. */
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { AuthState } from '../token/auth-state.ts'
import { hasToken } from '../token/auth-state.ts'

/** The auth mode of a query, or a mutation or action. */
export type AuthMode = QueryAuth | 'call'

/**
 * - `user`, `anonymous`: the query or call runs as this identity
 * - `waiting`: the query or call waits until the identity is known, or until the user's first token
 *   arrives
 * - `unavailable`: the query requires a user, and the page is signed out
 */
export type RunsAs = 'user' | 'anonymous' | 'waiting' | 'unavailable'

/** The identity whose results a query shows. */
export type QueryIdentity
  = | { kind: 'user', id: string }
    | { kind: Exclude<RunsAs, 'user'> }

/**
 * ```text
 *                             public       optional     call         required
 * user with a token           anonymous    user         user         user
 * signed out                  anonymous    anonymous    anonymous    unavailable
 * loading for too long        anonymous    anonymous    waiting      waiting
 * otherwise                   anonymous    waiting      waiting      waiting
 * ```
 */
export function runsAs(mode: AuthMode, state: AuthState): RunsAs {
  if (mode === 'public')
    return 'anonymous'
  if (hasToken(state))
    return 'user'
  if (state.user === null)
    return mode === 'required' ? 'unavailable' : 'anonymous'
  const mayRunAnonymously = mode === 'optional' && state.status === 'loading' && state.anonymousTimedOut
  return mayRunAnonymously ? 'anonymous' : 'waiting'
}

/** The identity whose results a query of this auth mode shows now. */
export function identityFor(mode: AuthMode, state: AuthState): QueryIdentity {
  const kind = runsAs(mode, state)
  return kind === 'user' ? { kind, id: state.user!.id } : { kind }
}

/** Whether a user's client is opened already, since a user is known or a token was requested. */
export function isUserExpected({ user, request }: AuthState): boolean {
  return !!user || (user === undefined && !!request && request.kind !== 'session')
}
