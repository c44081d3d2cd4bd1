/** The check whether a socket that claims to be open still works, as a pure state machine. */

/**
 * The state of a check. `socket` is the socket that is checked. `attempt` counts the comparisons
 * that have failed.
 */
export type SocketCheck<Socket>
  = | { status: 'idle' }
  /** The client has no valid token at the moment, without which the socket cannot be checked. */
    | { status: 'waiting', socket: Socket }
  /** A message that the deployment answers at once was sent on the socket. */
    | { status: 'probing', socket: Socket, attempt: number }
  /** The answer is overdue. Another connection has sent the same message. */
    | { status: 'comparing', socket: Socket, attempt: number }
  /** The other connection was answered first, so the socket is replaced. */
    | { status: 'stalled', socket: Socket }

export type SocketCheckEvent<Socket>
  /** The page is shown or online again, and its socket claims to be open. */
  = | { type: 'returned', socket: Socket, canProbe: boolean }
  /** The page is hidden. */
    | { type: 'hidden' }
  /** The client has another socket, or none. */
    | { type: 'socketChanged', socket: Socket | undefined }
  /**
   * `isAnswer`: whether the message is the answer, or a part of a large transition, which may delay
   * the answer.
   */
    | { type: 'received', socket: Socket, isAnswer: boolean }
    | { type: 'overdue' }
  /** The other connection was answered. */
    | { type: 'answered' }
  /** The other connection could not be opened, or was closed without an answer. */
    | { type: 'failed' }

const IDLE = { status: 'idle' } as const

/** Returns the same object if the event changes nothing. */
export function transition<Socket>(
  state: SocketCheck<Socket>,
  event: SocketCheckEvent<Socket>,
): SocketCheck<Socket> {
  if (state.status !== 'probing' && state.status !== 'comparing') {
    if (event.type === 'returned') {
      const { socket, canProbe } = event
      return canProbe ? { status: 'probing', socket, attempt: 0 } : { status: 'waiting', socket }
    }
    return event.type === 'hidden' || isOther(state, event) ? IDLE : state
  }
  const { socket, attempt } = state
  switch (event.type) {
    case 'returned':
      // One return to the page has several events, and the first of them has sent the probe. A
      // connection that was begun without a network opens later than one that is begun now.
      return state.status === 'comparing' ? { ...state } : state
    case 'hidden':
      return IDLE
    case 'socketChanged':
      return isOther(state, event) ? IDLE : state
    case 'received':
      if (event.socket !== socket)
        return state
      // Another message may have waited in a frozen page since the connection was lost.
      return event.isAnswer ? IDLE : { status: 'probing', socket, attempt }
    case 'overdue':
      return state.status === 'probing' ? { status: 'comparing', socket, attempt } : state
    case 'answered':
      return state.status === 'comparing' ? { status: 'stalled', socket } : state
    case 'failed':
      return state.status === 'comparing' ? { status: 'probing', socket, attempt: attempt + 1 } : state
  }
}

function isOther<Socket>(state: SocketCheck<Socket>, event: SocketCheckEvent<Socket>): boolean {
  return event.type === 'socketChanged' && 'socket' in state && event.socket !== state.socket
}

/** A fast answer may once take longer, and each comparison costs the deployment a connection. */
const SHORTEST_WAIT_MS = 250

/** A longer time was spent on something else, such as on the first token of the client. */
const LONGEST_WAIT_MS = 10_000

/** How long a socket may take if none of its answers was measured, in ms. */
const UNKNOWN_ANSWER_MS = 500

/**
 * How long to wait for an answer before the comparison, in ms: twice the longest time in which the
 * socket has answered so far. The first answer on a socket contains the results of all queries, so
 * a slow server and a slow network make this time longer.
 */
export function waitFor(longestAnswerMs: number | undefined, attempt: number): number {
  const waitMs = Math.max(SHORTEST_WAIT_MS, 2 * (longestAnswerMs ?? UNKNOWN_ANSWER_MS))
  return Math.min(LONGEST_WAIT_MS, waitMs * 2 ** attempt)
}
