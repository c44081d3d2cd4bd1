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
 * The connection to the deployment of whoever is there: the user's while somebody is signed in, or else nobody's.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const connection = useConvexConnectionState()
 * const isOffline = computed(() => !connection.value.isWebSocketConnected)
 */
export function useConvexConnectionState(): ComputedRef<ConnectionState> {
  const { clients: connection } = useConvexContext('useConvexConnectionState')
  return computed(() => connection.state.value ?? DISCONNECTED)
}
