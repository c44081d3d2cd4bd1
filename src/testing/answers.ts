/** The answers of mutations that a client may send again after a reconnect. */
import type { Outcome } from './runtime.ts'

/** Limits the memory that a page needs if it is open for a long time. */
const KEPT_ANSWERS = 10_000

/** The outcome of a mutation. */
export interface Answer {
  outcome: Outcome
  /** The timestamp of the commit; `null` if the mutation was not committed. */
  ts: bigint | null
}

/**
 * The answers to mutations, by session and request. A client whose connection dropped before the
 * answer sends its mutation again. The mutation nevertheless runs only once. A failed mutation has
 * changed nothing, and runs again, as on Convex.
 */
export class AnswerBook {
  readonly #answers = new Map<string, Promise<Answer>>()

  async once(sessionId: string, requestId: number, run: () => Promise<Answer>): Promise<Answer> {
    const key = `${sessionId}/${requestId}`
    const known = this.#answers.get(key)
    if (known)
      return await known
    const running = run()
    this.#answers.set(key, running)
    if (this.#answers.size > KEPT_ANSWERS)
      this.#answers.delete(this.#answers.keys().next().value!)
    const answer = await running
    if (answer.outcome.status === 'error')
      this.#answers.delete(key)
    return answer
  }
}
