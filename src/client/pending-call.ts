/** One mutation, action or one-off query until it settles, whichever client sends it. */
import type { ConnectionState, OptimisticUpdate } from 'convex/browser'
import type { IdentityClient } from './identity-client.ts'
import { runUserCallback } from '../reactivity/run-user-callback.ts'
import { toConvexArgs } from '../shared/convex-args.ts'
import { explainFunctionError } from '../shared/function-name.ts'

/** A mutation, an action or a one-off query. */
export interface Call {
  kind: 'query' | 'mutation' | 'action'
  name: string
  args: unknown
  optimisticUpdate?: OptimisticUpdate<any>
}

/** A call that has not settled. */
export interface PendingCall {
  readonly kind: Call['kind']
  /** Whether the call has an optimistic update. */
  readonly isOptimistic: boolean
  readonly result: Promise<unknown>
  /** Sends the call, unless a client has already sent it. */
  send: (client: IdentityClient) => void
  /**
   * Whether the call has certainly not been carried out: the call has not been sent yet, or it was
   * sent on a connection whose token was refused. A caller that checks many calls at once passes
   * `readState`, so that the state of each client is read only once.
   */
  isQueued: (readState?: ReadConnectionState) => boolean
  /**
   * Whether the deployment may have carried out the call for this client, which has ended. No other
   * client may then send the call.
   */
  isLostWith: (client: IdentityClient, readState: ReadConnectionState) => boolean
  /** Takes the call back from a client that has ended, so that the next client sends the call. */
  takeBack: (client: IdentityClient) => void
  /** Needed since a Convex client that is closed never settles its pending calls. */
  reject: (error: Error) => void
}

/** The methods of a `ConvexClient` that run calls. */
type CallMethods = Record<
  Call['kind'],
  (name: string, args: unknown, options: Pick<Call, 'optimisticUpdate'>) => Promise<unknown>
>

/**
 * Reads the connection state of a client. A state that is one tick old may report a call as sent
 * although it is not.
 */
export type ReadConnectionState = (client: IdentityClient) => ConnectionState

/** @throws {ConvueError} `ARGS_INVALID` */
export function createPendingCall(
  { kind, name, args: value, optimisticUpdate }: Call,
  readState: ReadConnectionState,
): PendingCall {
  const { args } = toConvexArgs(value)
  /** The client that sends the call. */
  let sender: IdentityClient | undefined
  /** The connection of the sender on which the call is sent. The first connection is 1. */
  let sentOn: number
  let resolve: (result: unknown) => void
  let reject!: (error: Error) => void
  const result = new Promise((...settle) => [resolve, reject] = settle)

  return {
    kind,
    isOptimistic: !!optimisticUpdate,
    result,
    send(client) {
      if (sender)
        return
      sender = client
      const { isWebSocketConnected, connectionCount } = readState(client)
      sentOn = isWebSocketConnected ? connectionCount : connectionCount + 1
      const convex = client.convex as unknown as CallMethods
      convex[kind](name, args, {
        // The client runs the update again at each transition until the mutation has settled. An
        // error in one of these runs would end the transition for all queries.
        optimisticUpdate: optimisticUpdate
          && ((queries, args) => runUserCallback(() => optimisticUpdate(queries, args))),
      }).then(resolve, error => reject(explainFunctionError(error)))
    },
    isQueued,
    // A query changes nothing, so another client may run it again.
    isLostWith: (client, readState) => sender === client && kind !== 'query' && !isQueued(readState),
    takeBack(client) {
      if (sender === client)
        sender = undefined
    },
    reject,
  }

  function isQueued(readState: ReadConnectionState = client => client.convex.connectionState()): boolean {
    return !sender || sender.isUnsent(sentOn, readState(sender).connectionCount)
  }
}
