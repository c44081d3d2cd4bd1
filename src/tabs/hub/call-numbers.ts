/** The numbers under which the deployment knows the calls of the clients. */

/** A call of a client. */
export interface CallId {
  /** The session of the client. */
  client: string
  /** The client's own id of the call. */
  requestId: number
}

/** A mutation with its number on a shared connection. */
export interface NumberedCall extends CallId {
  /** The session of the shared connection. */
  session: string
  /** The id of the call in `session`. */
  number: number
}

/** The mutations that a client must repeat before it may leave the session. */
interface EarlierSession {
  session: string
  numbers: Map<number, number>
}

/**
 * The deployment executes a repeated mutation once if its session and its number are the same.
 *
 * The connections of a worker have one session, in which each call has another number. If the
 * worker ends, the clients repeat their unanswered mutations through another worker, which does not
 * know the numbers that other clients have used in the earlier session. Therefore, it repeats these
 * mutations in the earlier session, and sends all further mutations in its own.
 */
export class CallNumbers {
  readonly session: string
  readonly #numbers = new Map<string, Map<number, number>>()
  /** The clients that must repeat mutations in an earlier session. */
  readonly #earlier = new Map<string, EarlierSession>()
  #next = 0
  /** The deployment does not compare the numbers of actions, so these count down from the end. */
  #nextOfAction = 0xFFFF_FFFF

  constructor(session: string) {
    this.session = session
  }

  /** Adds mutations that clients will repeat. */
  restore(calls: NumberedCall[]): void {
    for (const { client, requestId, session, number } of calls) {
      // The calls of this worker's own session are known already.
      if (session === this.session)
        continue
      const earlier: EarlierSession = this.#earlier.get(client) ?? { session, numbers: new Map() }
      this.#earlier.set(client, earlier)
      earlier.numbers.set(requestId, number)
    }
  }

  /** The client does not repeat a mutation any more. */
  settle({ client, requestId }: CallId): void {
    this.#earlier.get(client)?.numbers.delete(requestId)
  }

  /** The session in which the calls of a client are sent. */
  sessionOf(client: string): string {
    return this.#earlier.get(client)?.session ?? this.session
  }

  /** Returns another number for each call, since an action is never repeated. */
  numberOfAction(): number {
    return this.#nextOfAction--
  }

  /**
   * The number of a mutation. A repeated mutation has the number that it had before. `null`: the
   * mutation must not be sent before the client has left its earlier session.
   */
  numberOf({ client, requestId }: CallId): number | null {
    const earlier = this.#earlier.get(client)
    if (earlier) {
      const number = earlier.numbers.get(requestId)
      // A client repeats its mutations in their order, and before any other mutation.
      if (number === undefined)
        earlier.numbers.clear()
      return number ?? null
    }
    const numbers = this.#numbers.get(client) ?? new Map<number, number>()
    this.#numbers.set(client, numbers)
    const number = numbers.get(requestId) ?? this.#next++
    numbers.set(requestId, number)
    return number
  }

  /**
   * Ends the earlier session of a client, unless the client must still repeat a mutation in it.
   *
   * @returns whether an earlier session has ended.
   */
  leaveEarlierSession(client: string): boolean {
    return this.#earlier.get(client)?.numbers.size === 0 && this.#earlier.delete(client)
  }

  /** Forgets the calls of a client that cannot repeat them. */
  forget(client: string): void {
    this.#numbers.delete(client)
    this.#earlier.delete(client)
  }
}
