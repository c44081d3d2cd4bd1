/** Something that was sent, and in which flight. */
export interface Sent {
  /** By `performance.now()`. */
  readonly at: number
  readonly name: string
  readonly flight: number
}

export interface Received {
  readonly at: number
  /** Of what was sent, or of the latest of it: an answer arrives in the flight of its question. */
  readonly flight: number
  readonly text: string
}

/**
 * Counts serial flights: what is sent before anything has arrived leaves in the first, and what is sent after an answer of the nth leaves in the one
 * after it, whether it had to wait for that answer or not. So time divided by a round trip cannot be less than the flight of what arrived last.
 */
export class FlightLog {
  readonly sent: Sent[] = []
  readonly received: Received[] = []
  /** The latest flight of which an answer has arrived. */
  #latest = 0

  send(name: string): Sent {
    const sent = { at: performance.now(), name, flight: this.#latest + 1 }
    this.sent.push(sent)
    return sent
  }

  /** @param flight That of the question. */
  receive(flight: number, text = ''): void {
    this.received.push({ at: performance.now(), flight, text })
    this.#latest = Math.max(this.#latest, flight)
  }

  /** The first answer with `text`. */
  find(text: string): Received | undefined {
    return this.received.find(received => received.text.includes(text))
  }

  /** What was sent in each flight, in order. */
  names(): string[][] {
    return Array.from({ length: Math.max(0, ...this.sent.map(({ flight }) => flight)) }, (_, index) =>
      this.sent.filter(({ flight }) => flight === index + 1).map(({ name }) => name))
  }

  count(name: string): number {
    return this.sent.filter(sent => sent.name === name).length
  }

  clear(): void {
    this.sent.length = 0
    this.received.length = 0
    this.#latest = 0
  }
}
