/** Sends calls to the client of the current identity, once that identity is known. */
import type { CallRegistry } from './call-registry.ts'
import type { ClientLookup } from './identity-client.ts'
import type { AuthMode } from './identity-for.ts'
import type { Call, PendingCall } from './pending-call.ts'
import { createCallRegistry } from './call-registry.ts'

/** The calls of an app. */
export interface CallDispatcher {
  readonly pending: Omit<CallRegistry, 'add' | 'delete'>
  /**
   * Runs a call as the current identity, as soon as the identity is known.
   *
   * @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED`, `ARGS_INVALID`
   */
  start: (call: Call) => PendingCall
  /** Sends the calls that no client has yet. */
  sendAll: () => void
  /** Whether a call is being passed to its client, which then runs the optimistic update. */
  readonly isSending: boolean
  /** Called once, as soon as no call with an optimistic update is pending. */
  readonly onOptimisticSettled: Set<() => void>
}

/**
 * @param assertAvailable Throws if no client can be opened.
 * @param clientFor Looks the client of an auth mode up.
 * @param onSettled Called when a call has settled by itself: its client may be unused now.
 */
export function createCallDispatcher(
  assertAvailable: () => void,
  clientFor: (mode: AuthMode) => ClientLookup,
  onSettled: () => void,
): CallDispatcher {
  const pending = createCallRegistry()
  const onOptimisticSettled = new Set<() => void>()
  let isSending = false

  return {
    pending,
    start(call) {
      assertAvailable()
      const started = pending.add(call)
      const settle = (): void => onCallSettled(started)
      started.result.then(settle, settle)
      send(started)
      return started
    },
    sendAll: () => pending.forEach(send),
    get isSending() {
      return isSending
    },
    onOptimisticSettled,
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
    const isRegistered = pending.delete(call)
    if (!pending.hasOptimisticCalls) {
      onOptimisticSettled.forEach(listener => listener())
      onOptimisticSettled.clear()
    }
    if (isRegistered)
      onSettled()
  }
}
