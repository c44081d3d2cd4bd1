/** Why a query is paused, derived from its arguments and from the auth status. */
import type { UseConvexAuthReturn } from '../../plugin/auth.ts'
import type { QueryAuth } from '../../shared/query-descriptor.ts'
import type { QueryTarget } from './query-args.ts'
import { isUserMissing } from '../../plugin/auth.ts'

/**
 * Why a query is paused:
 *
 * - `'auth'`: it requires a user, and the page is signed out. This reason comes first, since the
 *   arguments often depend on the user.
 * - `'args'`: its arguments are `undefined`, `null` or `'skip'`.
 * - `'closed'`: the plugin has been closed.
 */
export type PauseReason = 'auth' | 'args' | 'closed'

/** The reason why a paused query is paused. */
export function pauseReason(target: QueryTarget, auth: UseConvexAuthReturn, mode: QueryAuth): PauseReason {
  if (isUserMissing(auth, mode))
    return 'auth'
  // A query that could run is only paused after the plugin has been closed.
  return target.query ? 'closed' : 'args'
}
