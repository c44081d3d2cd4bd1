import type { UseConvexAuthReturn } from '../../plugin/auth.ts'
import { useConvexContext } from '../../plugin/context.ts'

/**
 * Who is signed in.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const { isAuthenticated, user, signOut } = useConvexAuth()
 */
export function useConvexAuth(): UseConvexAuthReturn {
  return useConvexContext('useConvexAuth').auth
}
