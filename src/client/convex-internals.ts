/** The private members of the Convex client that Convue uses. Each of them may be missing. */
import type { ConvexClient } from 'convex/browser'

/**
 * The socket of a client.
 *
 * @see https://github.com/get-convex/convex-js/blob/main/src/browser/sync/web_socket_manager.ts
 * @see docs/contributing/convex-client.md#connecting
 */
interface WebSocketManager {
  /**
   * Reconnects without the back-off. The client calls this method when the browser is online again.
   * No public method of the client does the same.
   */
  tryReconnectImmediately?: () => void
  /** `'terminated'` once the client can never connect again. */
  socketState?: () => string
  /** `ws` is set while the client is connecting or connected. */
  socket?: { ws?: WebSocket }
}

/** The parts of a client's queue of mutations from which a mutation can be removed. */
interface MutationQueue {
  nextRequestId?: number
  remoteQuerySet?: { timestamp?: () => unknown }
  requestManager?: {
    onResponse?: (response: object) => unknown
    removeCompleted?: (timestamp: unknown) => Map<number, unknown>
  }
  notifyOnQueryResultChanges?: (completed: Map<number, unknown>) => void
}

/** The number that the client's next mutation receives, if the client reports it. */
export function nextRequestId(convex: ConvexClient): number | undefined {
  return queueOf(convex).nextRequestId
}

/**
 * Removes a mutation that the client has not sent from its queue, and ends its optimistic update.
 * The client has no public method for this, so the removal has the same effects as a response that
 * the client has already seen. Returns whether the mutation was removed.
 */
export function withdrawMutation(convex: ConvexClient, requestId: number | undefined): boolean {
  const queue = queueOf(convex)
  const { requestManager: requests, remoteQuerySet: queries } = queue
  if (requestId === undefined || !requests?.onResponse || !requests.removeCompleted)
    return false
  if (!queries?.timestamp || !queue.notifyOnQueryResultChanges)
    return false
  const ts = queries.timestamp()
  requests.onResponse({ type: 'MutationResponse', requestId, success: true, result: null, ts, logLines: [] })
  queue.notifyOnQueryResultChanges(requests.removeCompleted(ts))
  return true
}

function queueOf(convex: ConvexClient): MutationQueue {
  return convex.client as unknown as MutationQueue
}

/** If the client has lost its connection: reconnects it now, instead of after the back-off. */
export function reconnectNow(convex: ConvexClient): void {
  socketOf(convex)?.tryReconnectImmediately?.()
}

/**
 * Whether a fatal error has closed the client. No event and no public state of the client reports
 * this.
 */
export function isTerminated(convex: ConvexClient): boolean {
  return socketOf(convex)?.socketState?.() === 'terminated'
}

/** The socket of the current connection, which DevTools close and slow down. */
export function webSocketOf(convex: ConvexClient): WebSocket | undefined {
  return socketOf(convex)?.socket?.ws
}

function socketOf(convex: ConvexClient): WebSocketManager | undefined {
  return (convex.client as unknown as { webSocketManager?: WebSocketManager }).webSocketManager
}
