/** `useConvexAuth`: the authentication state of the app. */

import type { UseConvexAuthReturn } from '../../plugin/auth.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { waitInComponent } from '../../reactivity/wait-in-component.ts'

/**
 * The authentication state: the current user, how certain the page is of that user, and `signOut`.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const { isAuthenticated, user, signOut } = useConvexAuth()
 */
export function useConvexAuth(): UseConvexAuthReturn {
  const { auth, identityConfirmed } = useConvexContext('useConvexAuth')
  waitInComponent(identityConfirmed)
  return auth
}
