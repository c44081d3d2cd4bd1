/** The answers of mutations that a client may send again after a reconnect. */
import type { Outcome } from './runtime.ts'

/** A page that is open for long must not fill the memory. */
const KEPT_ANSWERS = 10_000

/** How a mutation ended. */
export interface Answer {
  outcome: Outcome
  /** When it was committed; `null` if it was not. */
  ts: bigint | null
}

/**
 * The answers to mutations, by session and request. A client whose connection dropped before the
 * answer sends its mutation again, and it runs once all the same. A failed one left nothing behind
 * and runs again, as with Convex.
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
