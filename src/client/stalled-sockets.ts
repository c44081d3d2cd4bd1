/** Replaces a socket that claims to be open but is dead, when the page is shown or online again. */
import type { ConvexClient } from 'convex/browser'
import type { Cancel } from '../shared/schedule.ts'
import { onPageEvents } from '../shared/page-events.ts'
import { createSocketChecker } from '../shared/socket-checker.ts'
import { isProbeAccepted, STALLED } from '../shared/socket-probe.ts'
import {
  compareConnection,
  confirmedVersion,
  hasSocketMembers,
  isPaused,
  isReceivingParts,
  openSocketOf,
  reconnectAtOnce,
  replaceSocket,
  sendProbe,
} from './socket-internals.ts'

/**
 * Checks the socket of a client whenever the page is shown or online again. If a connection is lost
 * without a message to the browser, such as while a laptop sleeps, its socket remains open and
 * receives nothing. The Convex client itself waits for a minute.
 *
 * A socket is replaced only if another connection to the deployment is answered earlier. Therefore,
 * a socket that is slow because of the network or the deployment is kept.
 *
 * If tabs share the connection, their worker checks it. Then, the client only connects again
 * without a back-off when the worker has closed the connection.
 *
 * @returns a function that ends the checks; `undefined` if this version of the client cannot be
 * checked.
 */
export function watchForStalls(convex: ConvexClient): Cancel | undefined {
  if (!hasSocketMembers(convex))
    return undefined
  let latest: WebSocket | undefined
  const checker = createSocketChecker<WebSocket>({
    now: () => Date.now(),
    openSocket() {
      const socket = openSocketOf(convex)
      return socket && canBeChecked(socket) ? socket : undefined
    },
    confirmedVersion: () => confirmedVersion(convex),
    isReceivingParts: () => isReceivingParts(convex),
    canProbe: () => !isPaused(convex) && isTokenValid(convex),
    sendProbe: () => isPaused(convex) ? undefined : sendProbe(convex),
    compare: onEnd => compareConnection(convex, onEnd),
    replaceSocket() {
      if (!isPaused(convex))
        replaceSocket(convex)
    },
  })
  const stopFollowing = convex.client.subscribeToConnectionState(onConnectionState)
  onConnectionState()
  const stopListening = onPageEvents(checker.onPageEvent)
  return () => {
    stopListening()
    stopFollowing()
    checker.end()
  }

  function onConnectionState(): void {
    const socket = openSocketOf(convex)
    if (socket && socket !== latest)
      follow(socket)
    checker.onSocketChange()
  }

  function follow(socket: WebSocket): void {
    latest = socket
    // The listeners of the client are older and run first.
    if (canBeChecked(socket))
      socket.addEventListener('message', () => checker.onMessage(socket))
    else if (isShared(socket))
      socket.addEventListener('close', onSharedClose)
  }

  function onSharedClose({ reason }: CloseEvent): void {
    // The client schedules its next socket after this listener.
    if (reason === STALLED && !isPaused(convex))
      queueMicrotask(() => reconnectAtOnce(convex))
  }
}

function isTokenValid(convex: ConvexClient): boolean {
  const expiresAt = convex.client.getCurrentAuthClaims()?.decoded.exp
  return typeof expiresAt !== 'number' || isProbeAccepted(expiresAt, Date.now())
}

/**
 * Not if the socket has no listeners besides those of the client, and not if tabs share its
 * connection: another socket would use the same connection.
 */
function canBeChecked(socket: WebSocket): boolean {
  return typeof socket.addEventListener === 'function' && !isShared(socket)
}

function isShared(socket: WebSocket): boolean {
  return !!(socket as { isShared?: boolean }).isShared
}
