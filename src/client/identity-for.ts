/** The identity that queries and calls run as, for each auth mode and auth state. Pure. */
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { AuthState } from '../token/auth-state.ts'
import { hasToken } from '../token/auth-state.ts'

/** The auth mode of a query. `call` is the mode of every mutation and action. */
export type AuthMode = QueryAuth | 'call'

/**
 * - `user`, `anonymous`: the query or call runs as this identity
 * - `waiting`: the query or call waits until the identity is known, or until the user's first token
 *   arrives
 * - `unavailable`: the query requires a user, and the page is signed out
 */
export type RunsAs = 'user' | 'anonymous' | 'waiting' | 'unavailable'

/**
 * The result depends on the auth mode (columns) and the auth state (rows):
 *
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

/**
 * The user whose results a query of this auth mode shows now: an id, `null` for anonymous, and
 * `undefined` for a query that does not run.
 */
export function userIdFor(mode: AuthMode, state: AuthState): string | null | undefined {
  const identity = runsAs(mode, state)
  if (identity === 'user')
    return state.user!.id
  return identity === 'anonymous' ? null : undefined
}

/**
 * Whether a user's client should be open: a user is known, or a token has been requested while the
 * identity is unknown.
 */
export function isUserExpected({ user, request }: AuthState): boolean {
  return !!user || (user === undefined && request?.kind === 'token')
}
