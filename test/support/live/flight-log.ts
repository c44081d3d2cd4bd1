/** Counts the serial round trips ("flights") between a page and its servers. */

/** A request or message that was sent, and its flight. */
export interface Sent {
  /** The time, as in `performance.now()`. */
  readonly at: number
  readonly name: string
  readonly flight: number
}

export interface Received {
  readonly at: number
  /** The flight of the request, or of the latest message, that this answers. */
  readonly flight: number
  readonly text: string
}

/**
 * Counts serial round trips, called flights. Flight 1 consists of the requests that are sent before
 * any answer has arrived. A request that is sent after an answer of flight n belongs to flight n +
 * 1, even if it did not have to wait for that answer. So the elapsed time divided by the time of
 * one round trip is never less than the number of the last answer's flight.
 *
 * Requests in the background, for which no other request waits, belong to flight 0: otherwise their
 * answers would be counted as a flight if an answer of the flight before arrives late.
 */
export class FlightLog {
  readonly sent: Sent[] = []
  readonly received: Received[] = []
  readonly #background: readonly string[]
  /** The highest flight of which an answer has arrived. */
  #latest = 0

  /** @param background The names of the requests in the background. Default: none. */
  constructor(background: readonly string[] = []) {
    this.#background = background
  }

  send(name: string): Sent {
    const flight = this.#background.includes(name) ? 0 : this.#latest + 1
    const sent = { at: performance.now(), name, flight }
    this.sent.push(sent)
    return sent
  }

  /** @param flight The flight of the request. */
  receive(flight: number, text = ''): void {
    this.received.push({ at: performance.now(), flight, text })
    this.#latest = Math.max(this.#latest, flight)
  }

  /** The first answer with `text`. */
  find(text: string): Received | undefined {
    return this.received.find(received => received.text.includes(text))
  }

  /** The names of the requests in each flight from the first, in order. */
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
