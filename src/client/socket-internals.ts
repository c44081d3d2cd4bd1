/** The private members of the Convex client with which a stalled socket is found and replaced. */
import type { ConvexClient } from 'convex/browser'
import { comparisonMessages, emptyChange, STALLED } from '../shared/socket-probe.ts'

/*
 * `convex-internals.ts` is a part of the core, and this file is loaded after the page has
 * connected. If one of the members is missing, no socket is checked.
 */

/**
 * @see https://github.com/get-convex/convex-js/blob/main/src/browser/sync/client.ts
 * @see https://github.com/get-convex/convex-js/blob/main/src/browser/sync/local_state.ts
 * @see https://github.com/get-convex/convex-js/blob/main/src/browser/sync/web_socket_manager.ts
 * @see docs/contributing/convex-client.md#connecting
 */
interface Members {
  sessionId: string
  state: {
    /** The version of the query set that the client has sent. */
    querySetVersion: number
    paused: boolean
  }
  remoteQuerySet: { version: { querySet: number } }
  webSocketManager: {
    uri: string
    webSocketConstructor: typeof WebSocket
    /** `paused` is `'no'` while the client sends its messages. */
    socket: { state: string, ws?: WebSocket, paused?: string }
    /** The parts of a large transition whose other parts have not arrived yet. */
    transitionChunkBuffer: object | null
    sendMessage: (message: object) => unknown
    /** Closes the socket, and schedules the next one as after a lost connection. */
    closeAndReconnect: (reason: string) => void
    /** Opens the next socket now, instead of after the back-off. */
    tryReconnectImmediately: () => void
  }
}

/** `WebSocket.CONNECTING`, which other implementations of the interface may not have. */
const CONNECTING = 0

/** Whether the client has all members that the other functions of this file use. */
export function hasSocketMembers(convex: ConvexClient): boolean {
  const { sessionId, state, remoteQuerySet, webSocketManager: manager } = membersOf(convex) as Partial<Members>
  return typeof sessionId === 'string'
    && typeof state?.querySetVersion === 'number' && typeof state.paused === 'boolean'
    && typeof remoteQuerySet?.version?.querySet === 'number'
    && typeof manager?.uri === 'string' && typeof manager.socket?.state === 'string'
    && manager.transitionChunkBuffer !== undefined
    && [manager.webSocketConstructor, manager.sendMessage, manager.closeAndReconnect, manager.tryReconnectImmediately]
      .every(member => typeof member === 'function')
}

/** The socket of the client, if it claims to be open. */
export function openSocketOf(convex: ConvexClient): WebSocket | undefined {
  const { state, ws } = managerOf(convex).socket
  return state === 'ready' ? ws : undefined
}

/**
 * Whether the client does not send its messages at the moment, since it waits for a token. If its
 * socket were replaced now, the next socket would send the queries before the token.
 */
export function isPaused(convex: ConvexClient): boolean {
  return membersOf(convex).state.paused || managerOf(convex).socket.paused !== 'no'
}

/** Sends a probe. Returns the version of the query set that its answer confirms. */
export function sendProbe(convex: ConvexClient): number {
  const { state } = membersOf(convex)
  managerOf(convex).sendMessage(emptyChange(state.querySetVersion))
  return ++state.querySetVersion
}

/** The version of the query set that the deployment has confirmed on the current socket. */
export function confirmedVersion(convex: ConvexClient): number {
  return membersOf(convex).remoteQuerySet.version.querySet
}

/** Whether the client has received a part of a large transition, and waits for the next part. */
export function isReceivingParts(convex: ConvexClient): boolean {
  return managerOf(convex).transitionChunkBuffer !== null
}

/** Replaces the socket. The client sends its queries and its mutations without an answer again. */
export function replaceSocket(convex: ConvexClient): void {
  managerOf(convex).closeAndReconnect(STALLED)
  reconnectAtOnce(convex)
}

/** Opens the next socket now, if the client waits until it opens it. */
export function reconnectAtOnce(convex: ConvexClient): void {
  managerOf(convex).tryReconnectImmediately()
}

/**
 * Opens another connection to the deployment, without an identity and without queries, and sends a
 * probe on it. `onEnd` is called with whether the connection was answered before it was closed.
 * Returns a function that closes the connection, after which `onEnd` is not called.
 */
export function compareConnection(convex: ConvexClient, onEnd: (isAnswered: boolean) => void): () => void {
  const { uri, webSocketConstructor: Socket } = managerOf(convex)
  const { sessionId } = membersOf(convex)
  const socket = new Socket(uri)
  socket.onopen = () => {
    const { connectionCount } = convex.connectionState()
    comparisonMessages(sessionId, connectionCount).forEach(message => socket.send(message))
  }
  socket.onmessage = () => onEnd(true)
  socket.onclose = () => onEnd(false)
  // `onclose` follows, but some implementations throw an error that has no listener.
  socket.onerror = () => {}
  return () => {
    socket.onmessage = socket.onclose = null
    // A browser warns of a socket that is closed before it has opened.
    socket.onopen = () => socket.close()
    if (socket.readyState !== CONNECTING)
      socket.close()
  }
}

function managerOf(convex: ConvexClient): Members['webSocketManager'] {
  return membersOf(convex).webSocketManager
}

function membersOf(convex: ConvexClient): Members {
  return convex.client as unknown as Members
}
