/** The deployment of a mock: its sockets, their connection, and the calls that they receive. */
import type { Value } from 'convex/values'
import type { FunctionKind, MockCaller } from './answers.ts'
import type { MockSocketHost } from './mock-socket.ts'
import { Answers } from './answers.ts'
import { MockSocket } from './mock-socket.ts'

/** A call of a mutation or an action that the mock has received. */
export interface MockCall<Args = Record<string, Value>> {
  kind: 'mutation' | 'action'
  /** The name of the function, such as `tasks:add`. */
  name: string
  args: Args
  /** The user who has made the call; `null` for anonymous. */
  userId: string | null
}

export class MockDeployment implements MockSocketHost {
  readonly answers = new Answers()
  readonly calls: MockCall[] = []
  /** The errors of functions for which the test has given no answer. */
  readonly missing: Error[] = []
  /** Returns the user with an id, which comes from the token of a socket. */
  readonly #userOf: (id: string) => MockCaller['user']
  readonly #sockets = new Set<MockSocket>()
  #isReachable = true
  #isAuthHeld = false
  /**
   * Counts messages and changes of connections: `settled` of the mock waits while this number
   * grows.
   */
  #activity = 0
  #timestamp = 0

  constructor(userOf: (id: string) => MockCaller['user']) {
    this.#userOf = userOf
  }

  /** A class for the option `webSocketConstructor` of the Convex client. */
  get webSocketConstructor(): typeof WebSocket {
    // eslint-disable-next-line ts/no-this-alias
    const host = this
    class Socket extends MockSocket {
      constructor() {
        super(host)
        host.#sockets.add(this)
      }
    }
    return Socket as unknown as typeof WebSocket
  }

  get isReachable(): boolean {
    return this.#isReachable
  }

  get isAuthHeld(): boolean {
    return this.#isAuthHeld
  }

  get timestamp(): number {
    return this.#timestamp
  }

  get activity(): number {
    return this.#activity
  }

  noteActivity(): void {
    this.#activity++
  }

  remove(socket: MockSocket): void {
    this.#sockets.delete(socket)
  }

  /** Sets whether the deployment can be reached. If it cannot, all connections are lost. */
  setReachable(isReachable: boolean): void {
    this.#isReachable = isReachable
    for (const socket of [...this.#sockets]) {
      if (isReachable)
        socket.open()
      else
        socket.drop()
    }
  }

  /**
   * Sets whether the deployment leaves tokens unanswered, so that the page remains
   * `authenticating`.
   */
  holdAuth(isAuthHeld: boolean): void {
    this.#isAuthHeld = isAuthHeld
    this.invalidate()
  }

  /** Refuses the tokens of all connections, as if they had expired. */
  refuseTokens(): void {
    for (const socket of [...this.#sockets])
      socket.refuseToken()
  }

  /** Runs all subscribed queries again, and sends the results that have changed. */
  invalidate(): void {
    this.#timestamp++
    for (const socket of [...this.#sockets])
      socket.runQueries()
  }

  run(kind: FunctionKind, name: string, args: Record<string, Value>, userId: string | null): unknown {
    if (kind !== 'query')
      this.calls.push({ kind, name, args, userId })
    try {
      return this.answers.resolve(kind, name, args, { user: userId === null ? null : this.#userOf(userId) })
    }
    catch (error) {
      if ((error as { code?: unknown }).code === 'MOCK_ANSWER_MISSING')
        this.missing.push(error as Error)
      throw error
    }
  }
}
