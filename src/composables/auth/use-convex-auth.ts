/** `useConvexAuth`: the authentication state of the app. */

import type { UseConvexAuthReturn } from '../../plugin/auth.ts'
import { useConvexContext } from '../../plugin/context.ts'

/**
 * The authentication state: the current user, how certain the page is of that user, and `signOut`.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const { isAuthenticated, user, signOut } = useConvexAuth()
 */
export function useConvexAuth(): UseConvexAuthReturn {
  return useConvexContext('useConvexAuth').auth
}
