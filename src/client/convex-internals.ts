/** The private members of the Convex client that Convue uses. Each of them may be missing. */
import type { ConvexClient } from 'convex/browser'

/**
 * The socket of a client.
 *
 * @see https://github.com/get-convex/convex-js/blob/main/src/browser/sync/web_socket_manager.ts
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
