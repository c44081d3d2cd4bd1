/** A WebSocket that answers a Convex client in the same process, without a network. */
import type { JSONValue, Value } from 'convex/values'
import type { FunctionKind } from './answers.ts'
import { Base64, ConvexError, convexToJson, jsonToConvex } from 'convex/values'
import { readClaims } from '../shared/jwt.ts'

/** What a socket needs from its deployment. */
export interface MockSocketHost {
  readonly isReachable: boolean
  /** Whether the deployment leaves tokens unanswered. */
  readonly isAuthHeld: boolean
  /** Grows with each change of the data. */
  readonly timestamp: number
  noteActivity: () => void
  remove: (socket: MockSocket) => void
  run: (kind: FunctionKind, name: string, args: Record<string, Value>, userId: string | null) => unknown
  /** Runs the queries of all sockets again. */
  invalidate: () => void
}

/** A message of the client. The fields depend on the type. */
interface Frame { type: string, [field: string]: any }

interface Subscribed {
  name: string
  args: Record<string, Value>
  /** The latest result as text; `undefined` until there is one. */
  sent?: string
  /**
   * The number of the latest run of the query. Results of earlier runs that arrive later are
   * ignored.
   */
  run: number
}

/** The outcome of a function, as a part of the message about it. */
type Outcome = { isSuccess: true, value: JSONValue } | { isSuccess: false, message: string, data?: JSONValue }

/** The versions that the client has after a transition. */
interface Version { querySet: number, identity: number, timestamp: number }

/** `open`: the client has not sent `Connect` yet, and receives no messages until then. */
type Phase = 'connecting' | 'open' | 'connected' | 'refused' | 'closed'

const READY_STATES: Record<Phase, number> = { connecting: 0, open: 1, connected: 1, refused: 1, closed: 3 }

/**
 * The server's side of the sync protocol. Messages arrive in microtasks, so the socket also works
 * with fake timers.
 *
 * @see https://github.com/get-convex/convex-js/blob/main/src/browser/sync/protocol.ts
 */
export class MockSocket {
  onopen: (() => void) | null = null
  onclose: ((event: { code: number, reason: string }) => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onerror: ((event: unknown) => void) | null = null
  #phase: Phase = 'connecting'
  #userId: string | null = null
  /** Whether the latest token has been received and not answered yet. */
  #isTokenUnanswered = false
  readonly #queries = new Map<number, Subscribed>()
  #sent: Version = { querySet: 0, identity: 0, timestamp: 0 }
  #received: Version = { querySet: 0, identity: 0, timestamp: 0 }
  /** Messages that have been sent in this turn, and that the client has not received yet. */
  readonly #undelivered: string[] = []
  readonly #host: MockSocketHost

  constructor(host: MockSocketHost) {
    this.#host = host
    queueMicrotask(() => {
      if (host.isReachable)
        this.open()
    })
  }

  get readyState(): number {
    return READY_STATES[this.#phase]
  }

  open(): void {
    if (this.#phase !== 'connecting')
      return
    this.#phase = 'open'
    this.#host.noteActivity()
    this.onopen?.()
  }

  /** Breaks an open connection, after the client has received all messages that have been sent. */
  drop(): void {
    if (this.#phase === 'connecting')
      return
    this.#deliver()
    this.#end(1006)
  }

  close(): void {
    queueMicrotask(() => this.#end(1000))
  }

  send(data: string): void {
    const frame = JSON.parse(data) as Frame
    queueMicrotask(() => {
      if (this.#phase === 'open' || this.#phase === 'connected')
        this.#receive(frame)
    })
  }

  refuseToken(): void {
    if (this.#phase !== 'connected' || this.#userId === null)
      return
    this.#phase = 'refused'
    const { identity } = this.#received
    this.#post({
      type: 'AuthError',
      error: 'The token has expired.',
      baseVersion: identity,
      authUpdateAttempted: false,
    })
    queueMicrotask(() => this.#end(1000))
  }

  /** Runs all queries, and sends the changed results in one transition. */
  runQueries(): void {
    if (this.#phase !== 'connected')
      return
    if (this.#isTokenUnanswered && this.#host.isAuthHeld)
      return
    this.#isTokenUnanswered = false
    const changes: object[] = []
    for (const [id, query] of this.#queries) {
      query.run++
      const result = this.#run('query', query)
      if (result instanceof Promise)
        this.#sendLater(id, query, result)
      else
        changes.push(...this.#changesOf(id, query, result))
    }
    this.#transition(changes)
  }

  #sendLater(id: number, query: Subscribed, outcome: Promise<Outcome>): void {
    const { run } = query
    void outcome.then((result) => {
      if (this.#queries.get(id) === query && query.run === run && this.#phase === 'connected')
        this.#transition(this.#changesOf(id, query, result))
    })
  }

  #changesOf(queryId: number, query: Subscribed, outcome: Outcome): object[] {
    const result = outcome.isSuccess
      ? { type: 'QueryUpdated', value: outcome.value }
      : { type: 'QueryFailed', errorMessage: outcome.message, ...errorData(outcome) }
    const change = { ...result, queryId, logLines: [], journal: null }
    const text = JSON.stringify(change)
    if (query.sent === text)
      return []
    query.sent = text
    return [change]
  }

  #receive(frame: Frame): void {
    this.#host.noteActivity()
    switch (frame.type) {
      case 'Connect':
        this.#phase = 'connected'
        return
      case 'Authenticate':
        return this.#authenticate(frame)
      case 'ModifyQuerySet':
        return this.#modifyQueries(frame)
      case 'Mutation':
      case 'Action':
        return void this.#call(frame)
    }
  }

  #authenticate({ tokenType, value, baseVersion }: Frame): void {
    this.#userId = tokenType === 'User' ? readClaims(value)?.sub ?? null : null
    this.#isTokenUnanswered = this.#userId !== null
    this.#received.identity = baseVersion + 1
    for (const query of this.#queries.values())
      query.sent = undefined
    this.runQueries()
  }

  #modifyQueries({ modifications, newVersion }: Frame): void {
    const removed: object[] = []
    for (const { type, queryId, udfPath, args } of modifications) {
      if (type === 'Add') {
        this.#queries.set(queryId, { name: udfPath, args: readArgs(args), run: 0 })
      }
      else {
        this.#queries.delete(queryId)
        removed.push({ type: 'QueryRemoved', queryId })
      }
    }
    this.#received.querySet = newVersion
    if (removed.length > 0)
      this.#transition(removed)
    this.runQueries()
  }

  async #call({ type, requestId, udfPath: name, args }: Frame): Promise<void> {
    const kind = type === 'Mutation' ? 'mutation' : 'action'
    const outcome = await this.#run(kind, { name, args: readArgs(args) })
    if (this.#phase !== 'connected')
      return
    // A mutation resolves for the client once a transition has reached its timestamp.
    const ts = kind === 'mutation' && outcome.isSuccess ? { ts: encodeTimestamp(this.#host.timestamp + 1) } : {}
    const result = outcome.isSuccess
      ? { success: true, result: outcome.value }
      : { success: false, result: outcome.message, ...errorData(outcome) }
    this.#post({ type: `${type}Response`, requestId, logLines: [], ...ts, ...result })
    this.#host.invalidate()
  }

  /**
   * Returns a promise only if the answer is a promise: all other results arrive in one transition.
   */
  #run(kind: FunctionKind, { name, args }: Pick<Subscribed, 'name' | 'args'>): Outcome | Promise<Outcome> {
    try {
      const answer = this.#host.run(kind, name, args, this.#userId)
      return isPromise(answer) ? answer.then(toSuccess).catch(toFailure) : toSuccess(answer)
    }
    catch (error) {
      return toFailure(error)
    }
  }

  #transition(modifications: object[]): void {
    this.#received.timestamp = this.#host.timestamp
    this.#post({
      type: 'Transition',
      startVersion: encodeVersion(this.#sent),
      endVersion: encodeVersion(this.#received),
      modifications,
    })
    this.#sent = { ...this.#received }
  }

  #post(message: object): void {
    this.#host.noteActivity()
    this.#undelivered.push(JSON.stringify(message))
    queueMicrotask(() => this.#deliver())
  }

  #deliver(): void {
    for (const data of this.#undelivered.splice(0)) {
      if (this.#phase !== 'closed')
        this.onmessage?.({ data })
    }
  }

  #end(code: number): void {
    if (this.#phase === 'closed')
      return
    this.#phase = 'closed'
    this.#host.noteActivity()
    this.#host.remove(this)
    this.onclose?.({ code, reason: '' })
  }
}

function readArgs(args: JSONValue[]): Record<string, Value> {
  return jsonToConvex(args[0] ?? {}) as Record<string, Value>
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined)?.then === 'function'
}

/** A function that returns nothing has the result `null`, as on Convex. */
function toSuccess(value: unknown): Outcome {
  return { isSuccess: true, value: convexToJson((value ?? null) as Value) }
}

function toFailure(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof ConvexError
    ? { isSuccess: false, message, data: convexToJson(error.data) }
    : { isSuccess: false, message }
}

function errorData({ data }: Extract<Outcome, { isSuccess: false }>): { errorData?: JSONValue } {
  return data === undefined ? {} : { errorData: data }
}

function encodeVersion({ querySet, identity, timestamp }: Version): object {
  return { querySet, identity, ts: encodeTimestamp(timestamp) }
}

/** A timestamp in the protocol is a 64-bit integer in base64, with the lowest byte first. */
function encodeTimestamp(timestamp: number): string {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setBigUint64(0, BigInt(timestamp), true)
  return Base64.fromByteArray(new Uint8Array(bytes.buffer))
}
