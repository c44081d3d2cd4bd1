/** The interface between a plugin and its durable outbox, which is in `convue/offline`. */
import type { ComputedRef } from 'vue'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { Call, PendingCall } from '../client/pending-call.ts'
import type { AuthEngine } from '../token/auth-engine.ts'

/** A stored call of the current user that has not run yet, or that has failed. */
export interface OutboxCall {
  /** Identifies the call in this browser. Later calls have greater ids. */
  id: number
  /** The name of the mutation, such as `notes:add`. */
  name: string
  /** The arguments of the call. */
  args: Record<string, any>
  /** When the call was made, in milliseconds since 1970, by the clock of this device. */
  createdAt: number
  /**
   * - `'waiting'`: the call has not been sent
   * - `'sending'`: the call was sent, and has no result yet. It may have run.
   * - `'failed'`: the mutation has thrown an error, so the call had no effect
   */
  status: 'waiting' | 'sending' | 'failed'
  /** The error of a failed call. */
  error: Error | undefined
}

/** The parts of a plugin that its outbox uses. */
export interface OutboxPage {
  url: string
  engine: AuthEngine
  clients: IdentityClients
}

/** An outbox that stores and sends the calls of one page. */
export interface ConnectedOutbox {
  /** The calls of the user with this id, in their order; empty for any other user. Reactive. */
  callsOf: (userId: string | undefined) => readonly OutboxCall[]
  /** The reason why the calls of the current user cannot be stored. */
  readonly error: ComputedRef<Error | undefined>
  /**
   * Stores a mutation of the current user, and sends it in its turn.
   *
   * @throws {ConvueError} `ARGS_INVALID`
   */
  add: (call: Call) => Pick<PendingCall, 'result' | 'isQueued'>
  /** Removes a call that has not been sent. Resolves with `false` if it may have been sent. */
  discard: (id: number) => Promise<boolean>
  /** Sends a failed call again. Resolves with `false` if there is no such call. */
  retry: (id: number) => Promise<boolean>
  close: () => void
}

/** A durable store of mutations, for the option `outbox` of `createConvex`. */
export interface Outbox {
  /** Called once for each plugin, in a browser. */
  connect: (page: OutboxPage) => ConnectedOutbox
}
