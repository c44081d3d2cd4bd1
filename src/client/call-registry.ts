/** The pending calls of the current identity: counts them by kind, and sends them to its client. */
import type { ClientLookup, IdentityClient } from './identity-client.ts'
import type { AuthMode } from './identity-for.ts'
import type { Call, PendingCall, ReadConnectionState } from './pending-call.ts'
import { createPendingCall } from './pending-call.ts'

/** The pending calls of the current identity, in the order in which they were made. */
export interface CallRegistry {
  readonly size: number
  /** Whether a mutation or an action is pending. */
  readonly hasWrites: boolean
  /** Whether a call with an optimistic update is pending. */
  readonly hasOptimisticCalls: boolean
  /** Whether a call is being passed to its client, which then runs the optimistic update. */
  readonly isSending: boolean
  /** Called once, as soon as no call with an optimistic update is pending. */
  readonly onOptimisticSettled: Set<() => void>
  /**
   * Runs a call as the current identity, as soon as the identity is known.
   *
   * @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED`, `ARGS_INVALID`
   */
  start: (call: Call) => PendingCall
  /** Sends the calls that have not been passed to a client yet. */
  sendAll: () => void
  /** Removes the calls of a client that has ended from that client. The next client sends them. */
  takeBack: (client: IdentityClient) => void
  /**
   * Rejects the calls of an ended client that the deployment may have run. They reject in this
   * tick.
   */
  endLost: (client: IdentityClient, error: () => Error) => void
  /** Rejects all calls, in this tick. */
  endAll: (toError: (outcome: 'notSent' | 'unknown') => Error) => void
}

/**
 * Settling one call does not iterate over the other pending calls. Otherwise, the time to settle a
 * call would grow with the number of pending calls.
 *
 * @param assertAvailable Throws if no client can be opened.
 * @param clientFor Returns the client for an auth mode, if there is one.
 * @param onSettled Called when a call has settled, except by `endAll`. The client of the call may
 * be unused now.
 */
export function createCallRegistry(
  assertAvailable: () => void,
  clientFor: (mode: AuthMode) => ClientLookup,
  onSettled: () => void,
): CallRegistry {
  const calls = new Set<PendingCall>()
  const onOptimisticSettled = new Set<() => void>()
  const readState = createStateReader()
  let writes = 0
  let optimisticCalls = 0
  let isSending = false

  return {
    get size() {
      return calls.size
    },
    get hasWrites() {
      return writes > 0
    },
    get hasOptimisticCalls() {
      return optimisticCalls > 0
    },
    get isSending() {
      return isSending
    },
    onOptimisticSettled,
    start(call) {
      assertAvailable()
      const started = createPendingCall(call, readState)
      calls.add(started)
      count(started, 1)
      const settle = (): void => onCallSettled(started)
      started.result.then(settle, settle)
      send(started)
      return started
    },
    sendAll: () => calls.forEach(send),
    takeBack: client => calls.forEach(call => call.takeBack(client)),
    endLost(client, error) {
      const readNow = createStateReader()
      for (const call of calls) {
        if (call.isLostWith(client, readNow))
          call.reject(error())
      }
    },
    endAll(toError) {
      // The error says that a call was not sent only if this is certain. So the connection state is
      // read again: a state that was read earlier in this tick may be outdated.
      const readNow = createStateReader()
      for (const call of calls)
        call.reject(toError(call.isQueued(readNow) ? 'notSent' : 'unknown'))
      calls.clear()
      writes = 0
      optimisticCalls = 0
    },
  }

  function send(call: PendingCall): void {
    const found = clientFor(call.kind === 'query' ? 'optional' : 'call')
    if (found.kind !== 'ready')
      return
    isSending = true
    call.send(found)
    isSending = false
  }

  function onCallSettled(call: PendingCall): void {
    const isRegistered = calls.delete(call)
    if (isRegistered)
      count(call, -1)
    if (optimisticCalls === 0) {
      onOptimisticSettled.forEach(listener => listener())
      onOptimisticSettled.clear()
    }
    if (isRegistered)
      onSettled()
  }

  function count({ kind, isOptimistic }: PendingCall, change: 1 | -1): void {
    if (kind !== 'query')
      writes += change
    if (isOptimistic)
      optimisticCalls += change
  }
}

/**
 * Reads the connection state of a client once per tick. The Convex client iterates over all of its
 * pending calls to compute this state.
 */
function createStateReader(): ReadConnectionState {
  let latest: IdentityClient | undefined
  let state: ReturnType<ReadConnectionState>
  return (client) => {
    if (client !== latest) {
      latest = client
      state = client.convex.connectionState()
      queueMicrotask(() => latest = undefined)
    }
    return state
  }
}
