/** Replaces a socket that claims to be open but is dead, when the page is shown or online again. */
import type { ConvexClient } from 'convex/browser'
import type { Cancel } from '../shared/schedule.ts'
import { onPageEvents } from '../shared/page-events.ts'
import { createSocketChecker } from '../shared/socket-checker.ts'
import { isProbeAccepted } from '../shared/socket-probe.ts'
import {
  compareConnection,
  confirmedVersion,
  hasSocketMembers,
  isPaused,
  isReceivingParts,
  openSocketOf,
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
    if (socket && socket !== latest) {
      latest = socket
      // The listener of the client is older and runs first.
      if (canBeChecked(socket))
        socket.addEventListener('message', () => checker.onMessage(socket))
    }
    checker.onSocketChange()
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
  return typeof socket.addEventListener === 'function' && !(socket as { isShared?: boolean }).isShared
}
