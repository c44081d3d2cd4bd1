/** Sends the messages of one turn of a thread together, and handles each in a turn of its own. */
import type { Transferable } from 'node:worker_threads'

const native = { setImmediate }

/** A batch of this length is sent immediately, so that both threads work at the same time. */
const LONGEST_BATCH = 32

/** Sends a list of messages to the other thread. */
export type PostMessages<Message> = (messages: Message[], transfer: Transferable[]) => void

/** Runs a function after the messages of this turn have been added. */
export type AtEndOfTurn = (flush: () => void) => void

/**
 * The messages that wait to be sent. Sending a message and receiving it costs more than most
 * functions, and a list of messages costs hardly more than one. The order is always kept.
 */
export class MessageBatch<Message> {
  readonly #post: PostMessages<Message>
  readonly #atEndOfTurn: AtEndOfTurn
  #messages: Message[] = []

  constructor(post: PostMessages<Message>, atEndOfTurn: AtEndOfTurn) {
    this.#post = post
    this.#atEndOfTurn = atEndOfTurn
  }

  /** @throws DataCloneError if a value cannot be transferred. Other messages are not affected. */
  add(message: Message, transfer: Transferable[] = []): void {
    if (transfer.length > 0) {
      this.flush()
      this.#post([message], transfer)
      return
    }
    this.#messages.push(message)
    if (this.#messages.length === LONGEST_BATCH)
      this.flush()
    else if (this.#messages.length === 1)
      this.#atEndOfTurn(() => this.flush())
  }

  /** Sends the messages that wait, without waiting for the end of the turn. */
  flush(): void {
    if (this.#messages.length === 0)
      return
    const messages = this.#messages
    this.#messages = []
    this.#post(messages, [])
  }
}

/**
 * Handles each message in a turn of its own, as if it had been sent alone: the code that a message
 * continues runs until it waits again, before the next message is handled. So the watchdog sees
 * which call uses the thread.
 */
export function inOwnTurns<Message>(handle: (message: Message) => void): (messages: Message[]) => void {
  let waiting = 0
  return (messages) => {
    const [first] = messages as [Message, ...Message[]]
    if (messages.length === 1 && waiting === 0)
      return handle(first)
    waiting += messages.length
    for (const message of messages) {
      native.setImmediate(() => {
        waiting -= 1
        handle(message)
      })
    }
  }
}
