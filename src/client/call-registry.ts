/** The pending calls of the current identity, and the choice of the client that sends each call. */
import type { ClientLookup, IdentityClient } from './identity-client.ts'
import type { AuthMode } from './identity-for.ts'
import type { Call, PendingCall, ReadConnectionState } from './pending-call.ts'
import { diagnose } from '../errors/diagnose.ts'
import { createPendingCall } from './pending-call.ts'

/** The pending calls of the current identity, in the order in which they were made. */
export interface CallRegistry {
  readonly size: number
  /** Other work of the identity, such as uploads. {@link endAll} ends it as well. */
  readonly work: Set<EndWork>
  /** Whether a mutation or an action that is not stored, or other work, is pending. */
  readonly hasWrites: boolean
  /** Whether a call with an optimistic update is pending. */
  readonly hasOptimisticCalls: boolean
  /**
   * Whether a call is being passed to its client at this moment. The client then runs the call's
   * optimistic update.
   */
  readonly isSending: boolean
  /** Listeners that are called once, as soon as no call with an optimistic update is pending. */
  readonly onOptimisticSettled: Set<() => void>
  /**
   * Runs a call as the current identity, as soon as the identity is known.
   *
   * @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED`, `ARGS_INVALID`
   */
  start: (call: Call) => PendingCall
  /** Sends the calls that have not been passed to a client yet, or whose client has ended. */
  sendAll: () => void
  /**
   * Called after `client` has ended. Rejects the calls that this client has sent and that the
   * deployment may have run, with `CONNECTION_LOST` and in this tick. Queries and stored mutations
   * are not rejected, since the next client runs them again.
   */
  endLost: (client: IdentityClient) => void
  /** Rejects all calls and ends all other work, in this tick. */
  endAll: EndWork
}

/** Ends work with an error, in this tick. */
export type EndWork = (toError: (outcome: 'notSent' | 'unknown') => Error) => void

/**
 * Settling one call does not iterate over the other pending calls. Otherwise, the time to settle a
 * call would grow with the number of pending calls.
 *
 * @param assertAvailable Throws if no client can be opened.
 * @param clientFor Returns the client for an auth mode, if there is one.
 * @param onSettled Called when a call has settled by itself, and not when `endAll` rejects it.
 * After the call has settled, its client may be unused.
 */
export function createCallRegistry(
  assertAvailable: () => void,
  clientFor: (mode: AuthMode) => ClientLookup,
  onSettled: () => void,
): CallRegistry {
  const calls = new Set<PendingCall>()
  const optimisticCalls = new Set<PendingCall>()
  const work = new Set<EndWork>()
  const onOptimisticSettled = new Set<() => void>()
  const readState = createStateReader()
  let isSending = false

  return {
    get size() {
      return calls.size
    },
    get hasWrites() {
      return work.size > 0 || [...calls].some(({ isRepeatable }) => !isRepeatable)
    },
    get hasOptimisticCalls() {
      return optimisticCalls.size > 0
    },
    get isSending() {
      return isSending
    },
    onOptimisticSettled,
    work,
    start(call) {
      assertAvailable()
      const started = createPendingCall(call, readState)
      calls.add(started)
      if (call.optimisticUpdate)
        optimisticCalls.add(started)
      const onCallSettled = (): void => {
        optimisticCalls.delete(started)
        if (optimisticCalls.size === 0) {
          onOptimisticSettled.forEach(listener => listener())
          onOptimisticSettled.clear()
        }
        if (calls.delete(started))
          onSettled()
      }
      started.result.then(onCallSettled, onCallSettled)
      send(started)
      return started
    },
    sendAll: () => calls.forEach(send),
    endLost(client) {
      const readNow = createStateReader()
      for (const call of calls) {
        if (call.isLostWith(client, readNow))
          call.reject(diagnose('CONNECTION_LOST'))
      }
    },
    endAll(toError) {
      // An error may contain `notSent` only if the call was certainly not sent. So the connection
      // state is read again: a state that was read earlier in this tick may be outdated.
      const readNow = createStateReader()
      for (const call of calls)
        call.reject(toError(call.isQueued(readNow) ? 'notSent' : 'unknown'))
      work.forEach(end => end(toError))
      calls.clear()
      optimisticCalls.clear()
      work.clear()
    },
  }

  function send(call: PendingCall): void {
    const found = clientFor(call.kind === 'query' ? 'optional' : 'call')
    if (typeof found !== 'object')
      return
    isSending = true
    call.send(found)
    isSending = false
  }
}

/**
 * Reads the connection state of a client only once per tick, since the Convex client iterates over
 * all of its pending calls to compute this state.
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
