/** Tries a mutation again if other mutations have changed data that it has read. */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { ConflictError } from '../engine/conflict-error.ts'
import { RefusedCall } from './failure.ts'

/**
 * The number of times that Convex runs a mutation if other mutations change the data that it reads.
 */
const MAX_TRIES = 5
/**
 * How long other mutations wait before they start if a mutation is retried, so that they do not
 * conflict with it again. They start earlier if it has ended. The time doubles with each attempt.
 */
const FIRST_HEAD_START_MS = 80

/** Runs the mutations of a deployment, and retries those that meet a conflict. */
export class MutationTries {
  /**
   * The mutations that are tried again. They run one after the other, so that they do not conflict.
   */
  #retries: Promise<unknown> = Promise.resolve()
  /** Mutations that have not met a conflict start after this promise has resolved. */
  #headStart: Promise<unknown> | null = null

  /**
   * Runs a mutation until it meets no conflict.
   *
   * @throws RefusedCall if each try meets a conflict.
   */
  async run<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        if (tries > 1)
          return await this.#inRetryLane(attempt, tries)
        await this.#waitForHeadStarts()
        return await attempt()
      }
      catch (error) {
        if (!(error instanceof ConflictError))
          throw error
        if (tries === MAX_TRIES)
          throw new RefusedCall(describeConflict(error))
      }
    }
  }

  /**
   * Runs, one after the other, the mutations that have met a conflict. After the second conflict,
   * other mutations wait a short time before they start, so that the mutation can succeed.
   */
  async #inRetryLane<Result>(attempt: () => Promise<Result>, tries: number): Promise<Result> {
    const running = this.#retries.then(attempt)
    this.#retries = running.catch(() => {})
    if (tries > 2)
      this.#headStart = Promise.race([this.#retries, setTimeout(FIRST_HEAD_START_MS * 2 ** tries)])
    return await running
  }

  /**
   * Waits until mutations that have not met a conflict may start. If the retried mutation meets
   * another conflict meanwhile, other mutations wait again.
   */
  async #waitForHeadStarts(): Promise<void> {
    for (let headStart = this.#headStart; headStart !== null; headStart = this.#headStart) {
      await headStart
      await setImmediate()
      if (this.#headStart === headStart)
        this.#headStart = null
    }
  }
}

function describeConflict({ table, documentId }: ConflictError): string {
  const sentences = [`Documents read from or written to the "${table?.name}" table changed `
    + 'while this mutation was being run and on every subsequent retry.']
  if (documentId !== undefined)
    sentences.push(`Another call to this mutation changed the document with ID "${documentId}".`)
  return [...sentences, 'See https://docs.convex.dev/error#1'].join(' ')
}
