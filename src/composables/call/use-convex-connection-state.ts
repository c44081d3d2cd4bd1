/** `useConvexConnectionState`: the state of the current connection to the deployment. */

import type { ConnectionState } from 'convex/browser'
import type { ComputedRef } from 'vue'
import { computed } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'

const DISCONNECTED: ConnectionState = {
  hasInflightRequests: false,
  isWebSocketConnected: false,
  timeOfOldestInflightRequest: null,
  hasEverConnected: false,
  connectionCount: 0,
  connectionRetries: 0,
  inflightMutations: 0,
  inflightActions: 0,
}

/**
 * The state of the connection to the deployment: the user's connection while a user is signed in,
 * or else the anonymous connection. If there is no connection, as on a server,
 * `isWebSocketConnected` is `false`. {@link useConvexOnline} tells whether the page is offline.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const connection = useConvexConnectionState()
 * const isSaving = computed(() => connection.value.inflightMutations > 0)
 */
export function useConvexConnectionState(): ComputedRef<ConnectionState> {
  const { clients } = useConvexContext('useConvexConnectionState')
  return computed(() => clients.state.value ?? DISCONNECTED)
}
