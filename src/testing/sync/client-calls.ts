/** The mutations and actions that one client has sent: their order, and their answers. */
import type { Call, MutationRequest } from '../runtime/call.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ServerMessage } from './protocol.ts'
import { encodeTimestamp, Rejection } from './protocol.ts'

/** The greatest number of mutations, and of actions, that a client may send without an answer. */
const MAX_WAITING_CALLS = 1_000

/** The connection of the client. */
export interface CallsHost {
  runtime: Runtime
  send: (message: ServerMessage) => void
  /**
   * Called after an answer: the client needs a transition that is at least as new as the answer.
   */
  onAnswered: () => void
}

/** Runs the mutations of a client one after the other, and its actions in parallel. */
export class ClientCalls {
  readonly #host: CallsHost
  #mutations: Promise<void> = Promise.resolve()
  #runningMutation: Promise<void> | null = null
  #waitingMutations = 0
  #runningActions = 0

  constructor(host: CallsHost) {
    this.#host = host
  }

  /** Resolves when the mutation that runs now has been answered; `null` if there is none. */
  get runningMutation(): Promise<void> | null {
    return this.#runningMutation
  }

  /** @throws Rejection `overloaded` if too many mutations wait. */
  runMutation(call: Call, request: MutationRequest): void {
    if (this.#waitingMutations >= MAX_WAITING_CALLS) {
      throw new Rejection('overloaded', 'Too many concurrent mutations. '
        + `Only up to ${MAX_WAITING_CALLS} pending mutations allowed on a single websocket.`)
    }
    this.#waitingMutations += 1
    this.#mutations = this.#mutations.then(async () => {
      this.#runningMutation = this.#answerMutation(call, request)
      await this.#runningMutation
      this.#waitingMutations -= 1
    })
  }

  /** @throws Rejection `overloaded` if too many actions run. */
  runAction(call: Call, requestId: number): void {
    if (this.#runningActions >= MAX_WAITING_CALLS) {
      throw new Rejection('overloaded', 'Inflight actions overloaded for a single client, '
        + `max concurrency: ${MAX_WAITING_CALLS}`)
    }
    this.#runningActions += 1
    void this.#host.runtime.action(call).then((outcome) => {
      this.#runningActions -= 1
      this.#host.send({ type: 'ActionResponse', requestId, outcome })
      this.#host.onAnswered()
    })
  }

  async #answerMutation(call: Call, request: MutationRequest): Promise<void> {
    const { outcome, ts } = await this.#host.runtime.mutation(call, request)
    const committed = ts === null ? {} : { ts: encodeTimestamp(ts) }
    const { requestId } = request
    this.#host.send({ type: 'MutationResponse', requestId, outcome, ...committed })
    this.#runningMutation = null
    // The client drops its optimistic update at the first transition that is not older than the
    // mutation, even if the transition is empty.
    this.#host.onAnswered()
  }
}
