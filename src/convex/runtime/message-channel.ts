/** A `MessageChannel` for one process, which delivers messages in a microtask. */

interface PortMessage { data: unknown }

/**
 * One end of the channel. Only the members that libraries use to schedule work exist: messages are
 * not copied, and ports cannot be transferred.
 */
class LocalMessagePort {
  onmessage: ((event: PortMessage) => void) | null = null
  #other: LocalMessagePort | undefined
  #isClosed = false

  static connect(first: LocalMessagePort, second: LocalMessagePort): void {
    first.#other = second
    second.#other = first
  }

  postMessage(data: unknown): void {
    const receiver = this.#other
    // A microtask, since queries and mutations have no timers.
    void Promise.resolve().then(() => {
      if (receiver && !receiver.#isClosed)
        receiver.onmessage?.({ data })
    })
  }

  start(): void {}

  close(): void {
    this.#isClosed = true
  }
}

/** Two connected ports. */
export class LocalMessageChannel {
  readonly port1 = new LocalMessagePort()
  readonly port2 = new LocalMessagePort()

  constructor() {
    LocalMessagePort.connect(this.port1, this.port2)
  }
}
