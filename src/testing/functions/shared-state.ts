/** Numbers in memory that a thread of functions shares with its deployment. */

/** The positions in the shared array. */
const TURN_CALL = 0
const TURN_COUNT = 1
const SYNC_ANSWERED = 2
const LENGTH = 3

/** The call whose code runs now, and whether a synchronous system call has been answered. */
export class SharedState {
  readonly buffer: SharedArrayBuffer
  readonly #numbers: Int32Array

  constructor(buffer = new SharedArrayBuffer(LENGTH * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#numbers = new Int32Array(buffer)
  }

  /** Begins a turn: the code of this call runs now, or no code if the id is 0. */
  startTurn(callId: number): void {
    Atomics.store(this.#numbers, TURN_CALL, callId)
    Atomics.add(this.#numbers, TURN_COUNT, 1)
  }

  /** The call whose code runs now, and the number of turns so far. */
  get turn(): { callId: number, count: number } {
    return { callId: Atomics.load(this.#numbers, TURN_CALL), count: Atomics.load(this.#numbers, TURN_COUNT) }
  }

  /**
   * Blocks the thread until the deployment has answered. A thread that finds an answer without
   * waiting may already wait for the next one when the notification of the first arrives, so a
   * notification alone does not mean that there is an answer.
   */
  waitForAnswer(): void {
    while (Atomics.exchange(this.#numbers, SYNC_ANSWERED, 0) === 0)
      Atomics.wait(this.#numbers, SYNC_ANSWERED, 0)
  }

  announceAnswer(): void {
    Atomics.store(this.#numbers, SYNC_ANSWERED, 1)
    Atomics.notify(this.#numbers, SYNC_ANSWERED)
  }
}
