/** The calls of a queue, as components see them: reactive to the queue and to the connection. */
import type { ComputedRef, ShallowRef } from 'vue'
import type { IdentityClient } from '../client/identity-client.ts'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { ReadConnectionState } from '../client/pending-call.ts'
import type { OutboxCall } from '../plugin/outbox.ts'
import type { OutgoingCall } from './outgoing-call.ts'
import type { QueueState, StoredCall } from './queue-state.ts'
import { computed } from 'vue'
import { fromStoredError } from './stored-error.ts'

export interface QueueView {
  readonly calls: ComputedRef<readonly OutboxCall[]>
  /** The keys of all calls that this tab may have sent, as text. */
  readonly sentKeys: ComputedRef<string>
  /** Whether the call with this key has certainly not been sent. Reactive. */
  isUnsent: (key: string) => boolean
}

/**
 * @param state The state of the queue.
 * @param outgoing The calls of the queue that this tab has passed to its connection.
 * @param clients The clients of the plugin.
 */
export function createQueueView(
  state: ShallowRef<QueueState>,
  outgoing: ReadonlyMap<string, OutgoingCall>,
  clients: IdentityClients,
): QueueView {
  return {
    calls: computed(() => {
      const isUnsent = readUnsent()
      return state.value.calls.map(call => toOutboxCall(call, isUnsent(call.key)))
    }),
    sentKeys: computed(() => {
      const isUnsent = readUnsent()
      return [...state.value.passed].filter(key => !isUnsent(key)).join(' ')
    }),
    isUnsent: key => readUnsent()(key),
  }

  /** Reads the state of each client only once, since a client iterates over all of its calls. */
  function readUnsent(): (key: string) => boolean {
    void clients.state.value
    const { sentByOtherTab } = state.value
    const states = new Map<IdentityClient, ReturnType<ReadConnectionState>>()
    const readState: ReadConnectionState = (client) => {
      const known = states.get(client) ?? client.convex.connectionState()
      states.set(client, known)
      return known
    }
    return key => outgoing.get(key)?.isQueued(readState) ?? !sentByOtherTab.has(key)
  }
}

function toOutboxCall({ sequence, name, args, createdAt, error }: StoredCall, isUnsent: boolean): OutboxCall {
  const progress = isUnsent ? 'waiting' : 'sending'
  return {
    id: sequence,
    name,
    args,
    createdAt,
    status: error ? 'failed' : progress,
    error: error && fromStoredError(error),
  }
}
