import type { ConnectionState, OptimisticUpdate } from 'convex/browser'
import type { IdentityClient } from './identity-client.ts'
import { runUserCallback } from '../reactivity/run-user-callback.ts'
import { toConvexArgs } from '../shared/convex-args.ts'
import { explainFunctionError } from '../shared/function-name.ts'

/** One question to the deployment, which has one answer. */
export interface Call {
  kind: 'query' | 'mutation' | 'action'
  name: string
  args: unknown
  optimisticUpdate?: OptimisticUpdate<any>
}

/** A call without an answer yet. */
export interface PendingCall {
  readonly kind: Call['kind']
  /** It shows what it may change before it is answered. */
  readonly isOptimistic: boolean
  readonly result: Promise<unknown>
  /** Gives it to a client, unless there is none yet or it has one. */
  send: (client: IdentityClient | null | undefined) => void
  /**
   * Whether the call has surely not been carried out: it has not left the page, or it left on a connection
   * whose token was refused. `readState` replaces reading the state of the client, where many calls are
   * checked at once.
   */
  isQueued: (readState?: ReadCarrierState) => boolean
  /** Whether this client, which has ended, may have had the call carried out, so that no other may send it. */
  isLostWith: (client: IdentityClient, readState: ReadCarrierState) => boolean
  /** Takes the call back from a client that has ended, for the next one to send. */
  takeBack: (client: IdentityClient) => void
  /** Nobody will answer: a Convex client that is closed leaves its own calls pending for good. */
  reject: (error: Error) => void
}

/** A `ConvexClient`, as far as it carries calls. */
type Carrier = Record<Call['kind'], (name: string, args: unknown, options: Pick<Call, 'optimisticUpdate'>) => Promise<unknown>>

/** Reads the connection state of a client. One that is late by a tick makes a call "possibly sent" that was not sent. */
export type ReadCarrierState = (client: IdentityClient) => ConnectionState

/** @throws {ConvueError} `ARGS_INVALID` */
export function createPendingCall({ kind, name, args: value, optimisticUpdate }: Call, readState: ReadCarrierState): PendingCall {
  const { args } = toConvexArgs(value)
  let carrier: IdentityClient | undefined
  /** The connection of the carrier on which it leaves, the first being 1. */
  let leavesOn: number
  let resolve: (result: unknown) => void
  let reject!: (error: Error) => void
  const result = new Promise((...settle) => [resolve, reject] = settle)

  return {
    kind,
    isOptimistic: !!optimisticUpdate,
    result,
    send(client) {
      if (carrier || !client)
        return
      carrier = client
      const { isWebSocketConnected, connectionCount } = readState(client)
      leavesOn = isWebSocketConnected ? connectionCount : connectionCount + 1
      const convex = client.convex as unknown as Carrier
      convex[kind](name, args, {
        // The client runs it again at every transition until the mutation is through: an error would stop them all.
        optimisticUpdate: optimisticUpdate && ((queries, args) => runUserCallback(() => optimisticUpdate(queries, args))),
      }).then(resolve, error => reject(explainFunctionError(error)))
    },
    isQueued,
    // A query changes nothing: it may run twice.
    isLostWith: (client, readState) => carrier === client && kind !== 'query' && !isQueued(readState),
    takeBack(client) {
      if (carrier === client)
        carrier = undefined
    },
    reject,
  }

  function isQueued(readState: ReadCarrierState = client => client.convex.connectionState()): boolean {
    return !carrier || carrier.isUnsent(leavesOn, readState(carrier).connectionCount)
  }
}
