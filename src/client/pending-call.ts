/** A mutation, action or one-off query until it settles. Several clients may send it in turn. */
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
  /**
   * Whether the deployment recognizes the call if it arrives again, because its arguments contain a
   * key. Then another client may repeat it, and the page may be closed before it has settled.
   */
  isRepeatable?: boolean
  /** Called before a client receives the call. If it returns `false`, the call is not sent. */
  beforeSend?: (client: IdentityClient) => boolean
}

/** A call that has not settled. */
export interface PendingCall {
  readonly kind: Call['kind']
  /** Whether another client may run the call again: see {@link Call.isRepeatable}. */
  readonly isRepeatable: boolean
  readonly result: Promise<unknown>
  /** Passes the call to a client if no other client has it, or if that other client has ended. */
  send: (client: IdentityClient) => void
  /**
   * Whether the deployment has certainly not executed the call. Either the call has not been sent
   * yet, or it was sent on a connection whose token was refused. If the caller checks many calls,
   * it passes a `readState` that reads the state of each client only once.
   */
  isQueued: (readState?: ReadConnectionState) => boolean
  /**
   * Whether the result of the call was lost when `client` ended: the client has sent the call, and
   * the deployment may have executed it. If so, no other client may send the call again.
   */
  isLostWith: (client: IdentityClient, readState: ReadConnectionState) => boolean
  /** Rejects the call. A Convex client that is closed never settles its pending calls itself. */
  reject: (error: Error) => void
}

/** The methods of a `ConvexClient` that run calls. */
type CallMethods = Record<
  Call['kind'],
  (name: string, args: unknown, options: Pick<Call, 'optimisticUpdate'>) => Promise<unknown>
>

/**
 * Reads the connection state of a client. The returned state may be outdated by up to one tick.
 * With an outdated state, a call that has not been sent may appear to be sent.
 */
export type ReadConnectionState = (client: IdentityClient) => ConnectionState

/** @throws {ConvueError} `ARGS_INVALID` */
export function createPendingCall(
  { kind, name, args: value, optimisticUpdate, beforeSend, ...call }: Call,
  readState: ReadConnectionState,
): PendingCall {
  const { args } = toConvexArgs(value)
  /** The client that sends the call. */
  let sender: IdentityClient | undefined
  /**
   * The number of the sender's connection on which the call is sent. The first connection has the
   * number 1.
   */
  let sentOn: number
  let resolve: (result: unknown) => void
  let reject!: (error: Error) => void
  const result = new Promise((...settle) => [resolve, reject] = settle)

  // A query has no side effects.
  const isRepeatable = kind === 'query' || !!call.isRepeatable

  return {
    kind,
    isRepeatable,
    result,
    send(client) {
      if (sender === client || sender?.hasEnded === false || beforeSend?.(client) === false)
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
    isLostWith: (client, readState) => sender === client && !isRepeatable && !isQueued(readState),
    reject,
  }

  function isQueued(readState: ReadConnectionState = client => client.convex.connectionState()): boolean {
    return !sender || sender.isUnsent(sentOn, readState(sender).connectionCount)
  }
}
