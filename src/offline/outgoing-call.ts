/** A stored call on the connection of this tab. */
import type { IdentityClient } from '../client/identity-client.ts'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { Call, PendingCall } from '../client/pending-call.ts'
import type { StoredCall } from './queue-state.ts'
import { nextRequestId, withdrawMutation } from '../client/convex-internals.ts'

export interface OutgoingCall extends Pick<PendingCall, 'isQueued' | 'result'> {
  /**
   * Removes the call from the connection if it has certainly not been sent. Returns whether it was
   * removed; then it never runs, and `result` rejects with this error.
   */
  withdraw: (error: Error) => boolean
}

/**
 * Passes a call to the connection, which sends it after the calls that were passed before. The
 * deployment refuses the call unless it runs as the user with the id `userId`.
 *
 * @throws {ConvueError} `CLOSED`
 */
export function startOutgoingCall(
  { calls }: IdentityClients,
  { name, args, key }: StoredCall,
  userId: string,
  optimisticUpdate: Call['optimisticUpdate'],
): OutgoingCall {
  /** The place of the call in the queue of the latest client that has received it. */
  let place: { client: IdentityClient, requestId: number | undefined } | undefined
  let isWithdrawn = false
  const pending = calls.start({
    kind: 'mutation',
    name,
    args: { ...args, offlineKey: `${key}.${userId}` },
    // The app's own arguments do not contain the key.
    optimisticUpdate: optimisticUpdate && (queries => optimisticUpdate(queries, args)),
    isRepeatable: true,
    beforeSend(client) {
      place = { client, requestId: nextRequestId(client.convex) }
      return !isWithdrawn
    },
  })

  return {
    result: pending.result,
    isQueued: pending.isQueued,
    withdraw(error) {
      if (!pending.isQueued())
        return false
      if (place && !place.client.hasEnded && !withdrawMutation(place.client.convex, place.requestId))
        return false
      isWithdrawn = true
      pending.reject(error)
      return true
    },
  }
}
