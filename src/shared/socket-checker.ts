/** Runs the check whether a socket still works: its timers, and the times that it measures. */
import type { PageEvent } from './page-events.ts'
import type { Cancel } from './schedule.ts'
import type { SocketCheck, SocketCheckEvent } from './socket-check.ts'
import { transition, waitFor } from './socket-check.ts'

/** The owner of the sockets. At most one of them is open at a time. */
export interface SocketOwner<Socket> {
  /** The time in ms since 1970. */
  now: () => number
  /** The socket that claims to be open, if it can be checked. */
  openSocket: () => Socket | undefined
  /** The version of the query set that the deployment has confirmed on the socket. */
  confirmedVersion: () => number
  /** Whether a part of a large transition has arrived, and another part has not. */
  isReceivingParts: () => boolean
  /** Whether the deployment would answer a probe at the moment. */
  canProbe: () => boolean
  /**
   * Sends a probe. Returns the version of the query set that its answer confirms; `undefined` if
   * nothing can be sent at the moment.
   */
  sendProbe: () => number | undefined
  /**
   * Opens another connection and sends a probe on it. `onEnd` is called with whether the connection
   * was answered before it was closed, unless the returned function is called before.
   */
  compare: (onEnd: (isAnswered: boolean) => void) => Cancel
  replaceSocket: () => void
}

/** `joined`: another page begins to use the socket, and shows results that have arrived before. */
export type CheckEvent = PageEvent | 'joined'

/** What the owner reports. */
export interface SocketChecker<Socket> {
  /** The owner has another open socket, or none. */
  onSocketChange: () => void
  /** A message has arrived, and the owner has handled it. */
  onMessage: (socket: Socket) => void
  onPageEvent: (event: CheckEvent) => void
  /** Ends what the check does. Nothing may be reported afterwards. */
  end: Cancel
}

/** What is known of the current socket. Times are in ms since 1970. */
interface WatchedSocket<Socket> {
  socket: Socket
  /** When the latest message has arrived. */
  receivedAt: number
  /** The version of the query set that the next answer confirms, and when it was sent. */
  awaited: { version: number, sentAt: number } | undefined
  /** The longest time in which the deployment has answered, in ms. */
  longestAnswerMs: number | undefined
}

/**
 * How often it is checked whether another token has been sent. The page requests this token at the
 * same event, and no event is reported when it has been sent.
 */
const TOKEN_POLL_MS = 500

/** The version of the query set after the first message of a connection about its queries. */
const FIRST_VERSION = 1

/**
 * A socket on which a message has arrived so recently works, and needs no check. After a change of
 * networks, even a message that has just arrived says nothing about the socket. The deployment
 * sends a message every 15 s, so a socket that is silent for longer than 20 s is suspect anyway.
 */
const RECENT_MS = { online: -1, shown: 1000, joined: 20_000 }

export function createSocketChecker<Socket>(owner: SocketOwner<Socket>): SocketChecker<Socket> {
  let watched: WatchedSocket<Socket> | undefined
  let check: SocketCheck<Socket> = { status: 'idle' }
  /** Ends what the current state of the check does. */
  let endState: Cancel = () => {}
  return { onSocketChange, onMessage, onPageEvent, end: () => endState() }

  function onSocketChange(): void {
    const socket = owner.openSocket()
    if (socket && socket !== watched?.socket)
      watched = watch(socket)
    dispatch({ type: 'socketChanged', socket })
  }

  function watch(socket: Socket): WatchedSocket<Socket> {
    const now = owner.now()
    // All queries are sent as soon as the socket is open.
    const isFirstAwaited = owner.confirmedVersion() < FIRST_VERSION
    const awaited = isFirstAwaited ? { version: FIRST_VERSION, sentAt: now } : undefined
    return { socket, receivedAt: now, awaited, longestAnswerMs: undefined }
  }

  function onMessage(socket: Socket): void {
    if (socket !== watched?.socket)
      return
    const { awaited, longestAnswerMs = 0 } = watched
    watched.receivedAt = owner.now()
    const isAnswer = !awaited || owner.confirmedVersion() >= awaited.version || owner.isReceivingParts()
    if (awaited && isAnswer) {
      watched.longestAnswerMs = Math.max(longestAnswerMs, watched.receivedAt - awaited.sentAt)
      watched.awaited = undefined
    }
    dispatch({ type: 'received', socket, isAnswer })
  }

  function onPageEvent(event: CheckEvent): void {
    if (event === 'hidden')
      return dispatch({ type: 'hidden' })
    if (!watched)
      return
    // The clock may have been set back.
    const silenceMs = Math.abs(owner.now() - watched.receivedAt)
    if (silenceMs > RECENT_MS[event])
      begin()
  }

  function begin(): void {
    const socket = owner.openSocket()
    if (socket && socket === watched?.socket)
      dispatch({ type: 'returned', socket, canProbe: owner.canProbe() })
  }

  function dispatch(event: SocketCheckEvent<Socket>): void {
    const previous = check
    check = transition(previous, event)
    if (check === previous)
      return
    endState()
    endState = enter(check, previous)
  }

  function enter(state: SocketCheck<Socket>, previous: SocketCheck<Socket>): Cancel {
    switch (state.status) {
      case 'idle':
        return () => {}
      case 'waiting':
        return startTimer(begin, TOKEN_POLL_MS)
      case 'probing':
        if (previous.status !== 'probing')
          probe()
        return startTimer(() => dispatch({ type: 'overdue' }), waitFor(watched!.longestAnswerMs, state.attempt))
      case 'comparing':
        return owner.compare(isAnswered => dispatch({ type: isAnswered ? 'answered' : 'failed' }))
      case 'stalled':
        owner.replaceSocket()
        return () => {}
    }
  }

  function probe(): void {
    const version = owner.sendProbe()
    if (version !== undefined)
      watched!.awaited = { version, sentAt: owner.now() }
  }
}

/** Not `schedule`: a page loads this file later than its core, which would have to export it. */
function startTimer(task: () => void, delayMs: number): Cancel {
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}
