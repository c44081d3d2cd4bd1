import type { ConvexClient, OptimisticUpdate } from 'convex/browser'
import type { OpenClient } from './open-client.ts'
import { attempt } from './attempt.ts'
import { explainFunctionError } from './function-name.ts'
import { readArgs } from './read-args.ts'

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
  send: (client: OpenClient | null | undefined) => void
  /** It has surely not left the page yet. `readState` replaces reading the state of the client, where many calls are checked at once. */
  isQueued: (readState?: ReadCarrierState) => boolean
  /** Nobody will answer: a Convex client that is closed leaves its own calls pending for good. */
  reject: (error: Error) => void
}

/** A `ConvexClient`, as far as it carries calls. */
export type Carrier = Pick<ConvexClient, 'connectionState'>
  & Record<Call['kind'], (name: string, args: unknown, options: Pick<Call, 'optimisticUpdate'>) => Promise<unknown>>

/** Reads the connection state of a client. One that is late by a tick makes a call "possibly sent" that was not sent. */
export type ReadCarrierState = (carrier: Carrier) => ReturnType<Carrier['connectionState']>

/** @throws {ConvueError} `ARGS_INVALID` */
export function createPendingCall({ kind, name, args: value, optimisticUpdate }: Call, readState: ReadCarrierState): PendingCall {
  const { args } = readArgs(value)
  let carrier: Carrier | undefined
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
      carrier = client.convex as unknown as Carrier
      const { isWebSocketConnected, connectionCount } = readState(carrier)
      leavesOn = isWebSocketConnected ? connectionCount : connectionCount + 1
      carrier[kind](name, args, {
        // The client runs it again at every transition until the mutation is through: an error would stop them all.
        optimisticUpdate: optimisticUpdate && ((queries, args) => attempt(() => optimisticUpdate(queries, args))),
      }).then(resolve, error => reject(explainFunctionError(error)))
    },
    isQueued: (readState = carrier => carrier.connectionState()) => !carrier || readState(carrier).connectionCount < leavesOn,
    reject,
  }
}
