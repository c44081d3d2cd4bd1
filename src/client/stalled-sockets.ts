/** Replaces a socket that claims to be open but is dead, when the page is shown or online again. */
import type { ConvexClient } from 'convex/browser'
import type { Cancel } from '../shared/schedule.ts'
import type { SocketCheck, SocketCheckEvent } from './socket-check.ts'
import { transition, waitFor } from './socket-check.ts'
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

/** What is known of the current socket. Times are in ms since 1970. */
interface WatchedSocket {
  socket: WebSocket
  /** When the latest message has arrived. */
  receivedAt: number
  /** The version of the query set that the next answer confirms, and when it was sent. */
  awaited: { version: number, sentAt: number } | undefined
  /** The longest time in which the deployment has answered, in ms. */
  longestAnswerMs: number | undefined
}

/**
 * How often it is checked whether the client has sent another token. The page requests this token
 * at the same event, and the client reports no event when it has sent it.
 */
const TOKEN_POLL_MS = 500

/** A message that is on its way when the token expires is refused. */
const TOKEN_MARGIN_MS = 10_000

/** The version of the query set after the first message of a client about its queries. */
const FIRST_VERSION = 1

/** A socket on which a message has arrived so recently works, and needs no check. */
const RECENT_MS = 1000

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
  const page = new AbortController()
  let watched: WatchedSocket | undefined
  let check: SocketCheck<WebSocket> = { status: 'idle' }
  /** Ends what the current state of the check does. */
  let endState: Cancel = () => {}

  const stopFollowing = convex.client.subscribeToConnectionState(onConnectionState)
  onConnectionState()
  const { signal } = page
  for (const type of ['visibilitychange', 'resume'])
    document.addEventListener(type, onPageEvent, { signal })
  for (const type of ['pageshow', 'online'])
    window.addEventListener(type, onPageEvent, { signal })
  return () => {
    page.abort()
    stopFollowing()
    endState()
  }

  function onConnectionState(): void {
    const socket = openSocketOf(convex)
    if (socket && socket !== watched?.socket && canBeWatched(socket))
      watch(socket)
    dispatch({ type: 'socketChanged', socket })
  }

  function watch(socket: WebSocket): void {
    const now = Date.now()
    const current: WatchedSocket = {
      socket,
      receivedAt: now,
      // The client sends all queries as soon as the socket is open.
      awaited: confirmedVersion(convex) < FIRST_VERSION ? { version: FIRST_VERSION, sentAt: now } : undefined,
      longestAnswerMs: undefined,
    }
    watched = current
    // The listener of the client is older and runs first.
    socket.addEventListener('message', () => {
      const { awaited, longestAnswerMs = 0 } = current
      current.receivedAt = Date.now()
      const isAnswer = !awaited || confirmedVersion(convex) >= awaited.version || isReceivingParts(convex)
      if (awaited && isAnswer) {
        current.longestAnswerMs = Math.max(longestAnswerMs, current.receivedAt - awaited.sentAt)
        current.awaited = undefined
      }
      dispatch({ type: 'received', socket, isAnswer })
    })
  }

  function onPageEvent({ type }: Event): void {
    if (document.hidden)
      return dispatch({ type: 'hidden' })
    if (!watched)
      return
    // The clock may have been set back.
    const silenceMs = Math.abs(Date.now() - watched.receivedAt)
    // After a change of networks, a recent message says nothing about the socket.
    if (silenceMs > RECENT_MS || type === 'online')
      begin()
  }

  function begin(): void {
    const socket = openSocketOf(convex)
    if (socket && socket === watched?.socket)
      dispatch({ type: 'returned', socket, canProbe: !isPaused(convex) && isTokenValid(convex) })
  }

  function dispatch(event: SocketCheckEvent<WebSocket>): void {
    const previous = check
    check = transition(previous, event)
    if (check === previous)
      return
    endState()
    endState = enter(check, previous)
  }

  function enter(state: SocketCheck<WebSocket>, previous: SocketCheck<WebSocket>): Cancel {
    switch (state.status) {
      case 'idle':
        return () => {}
      case 'waiting': {
        const timer = setTimeout(begin, TOKEN_POLL_MS)
        return () => clearTimeout(timer)
      }
      case 'probing': {
        const timer = setTimeout(dispatch, waitFor(watched!.longestAnswerMs, state.attempt), { type: 'overdue' })
        if (previous.status !== 'probing' && !isPaused(convex))
          watched!.awaited = { version: sendProbe(convex), sentAt: Date.now() }
        return () => clearTimeout(timer)
      }
      case 'comparing':
        return compareConnection(convex, isAnswered => dispatch({ type: isAnswered ? 'answered' : 'failed' }))
      case 'stalled':
        if (!isPaused(convex))
          replaceSocket(convex)
        return () => {}
    }
  }
}

/**
 * If the token has expired, the deployment answers any message with a refusal and closes the
 * connection. A page that has slept renews its token first.
 */
function isTokenValid(convex: ConvexClient): boolean {
  const claims = convex.client.getCurrentAuthClaims()
  const expiresAt = claims?.decoded.exp
  return typeof expiresAt !== 'number' || expiresAt * 1000 > Date.now() + TOKEN_MARGIN_MS
}

/**
 * Not if the socket has no listeners besides those of the client, and not if tabs share its
 * connection: another socket would use the same connection.
 */
function canBeWatched(socket: WebSocket): boolean {
  return typeof socket.addEventListener === 'function' && !(socket as { isShared?: boolean }).isShared
}
