/** The pending calls of the current identity, counted by kind. Neither opens nor picks clients. */
import type { IdentityClient } from './identity-client.ts'
import type { Call, PendingCall, ReadConnectionState } from './pending-call.ts'
import { createPendingCall } from './pending-call.ts'

/** The pending calls of the current identity, in the order in which they were made. */
export interface CallRegistry {
  readonly size: number
  /** Whether a mutation or an action is pending. */
  readonly hasWrites: boolean
  /** Whether a call with an optimistic update is pending. */
  readonly hasOptimisticCalls: boolean
  /** @throws {ConvueError} `ARGS_INVALID` */
  add: (call: Call) => PendingCall
  /** Returns whether the call was still registered. */
  delete: (call: PendingCall) => boolean
  forEach: (body: (call: PendingCall) => void) => void
  /** Rejects, in this tick, the calls that a client which has ended may have had carried out. */
  endLost: (client: IdentityClient, error: () => Error) => void
  /** Rejects all calls, in this tick. */
  endAll: (toError: (outcome: 'notSent' | 'unknown') => Error) => void
}

/**
 * Only `forEach`, `endLost` and `endAll` look at more than one call: otherwise each call that
 * settles would take time that grows with the number of pending calls.
 */
export function createCallRegistry(): CallRegistry {
  const calls = new Set<PendingCall>()
  let writes = 0
  let optimisticCalls = 0
  const readState = createStateReader()

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
    add(call) {
      const pending = createPendingCall(call, readState)
      calls.add(pending)
      count(pending, 1)
      return pending
    },
    delete(call) {
      const isRegistered = calls.delete(call)
      if (isRegistered)
        count(call, -1)
      return isRegistered
    },
    forEach: body => calls.forEach(body),
    endLost(client, error) {
      const readNow = createStateReader()
      for (const call of calls) {
        if (call.isLostWith(client, readNow))
          call.reject(error())
      }
    },
    endAll(toError) {
      // "Not sent" must be certain, so a state that was read earlier in this tick does not count.
      const readNow = createStateReader()
      for (const call of calls)
        call.reject(toError(call.isQueued(readNow) ? 'notSent' : 'unknown'))
      calls.clear()
      writes = 0
      optimisticCalls = 0
    },
  }

  function count({ kind, isOptimistic }: PendingCall, change: 1 | -1): void {
    if (kind !== 'query')
      writes += change
    if (isOptimistic)
      optimisticCalls += change
  }
}

/**
 * Reads the connection state of a client once per tick, since a Convex client looks at all of its
 * pending calls to compute that state.
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
