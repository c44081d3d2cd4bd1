/** `useConvexOnline`: whether the page has lost the connection to the deployment. */
import type { ComputedRef } from 'vue'
import { useOnline } from '@vueuse/core'
import { computed } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'

/**
 * `false` while the page has lost the connection to the deployment, cannot open it, or has no
 * connection and the browser has no network. `true` while the page is still starting, while nothing
 * on the page needs a connection, and on a server.
 *
 * It describes the same connection as `useConvexConnectionState`.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const isOnline = useConvexOnline()
 */
export function useConvexOnline(): ComputedRef<boolean> {
  const { clients } = useConvexContext('useConvexOnline')
  const hasNetwork = useOnline()
  return computed(() => {
    const state = clients.state.value
    if (state?.isWebSocketConnected)
      return true
    const hasFailed = !!state && (state.hasEverConnected || state.connectionRetries > 0)
    return hasNetwork.value && !hasFailed
  })
}
