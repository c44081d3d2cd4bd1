import type { JSONValue, Value } from 'convex/values'
import { Buffer } from 'node:buffer'
import { convexToJson, jsonToConvex } from 'convex/values'
import { subjectOf } from './fake-token.ts'

/** A message of a client, as received. */
export interface Frame { type: string, [field: string]: any }

export interface Execution { kind: 'query' | 'mutation' | 'action', name: string, args: Record<string, Value>, subject: string | null, socket: number }

type Resolver = (args: any, subject: string | null) => Value

interface SubscribedQuery { id: number, name: string, args: Record<string, Value>, sent?: string }

interface Version { querySet: number, identity: number, ts: bigint }

/**
 * The server's side of the sync protocol in this process, for tests of the order of events. The
 * test determines when sockets open, respond and drop. By default, sockets open and respond on the
 * next turn of the event loop, and fake timers control these turns.
 */
export class ScriptedDeployment {
  readonly url = 'https://scripted-deployment.convex.cloud'
  readonly sockets: ScriptedSocket[] = []
  readonly executions: Execution[] = []
  /** The implementation of each function. An error that it throws becomes the function's error. */
  readonly functions = new Map<string, Resolver>()
  /** Whether the deployment accepts a token. */
  accepts: (token: string) => boolean = () => true
  /** Whether new sockets open. */
  isReachable = true
  /** Whether responses are held back until {@link flush}. */
  isHolding = false
  latencyMs = 0
  /** Whether messages that arrive in the same turn cause only one transition. */
  isCoalescing = false
  /**
   * Whether sockets send a ping every 15 s, as Convex does: a client drops a silent socket after a
   * minute.
   */
  isPinging = false
  /** The client's clock minus the server's, as the server reports it. */
  clientClockSkewMs = 0
  /** The timestamp of the data. Like that of a real deployment, it is never 0. */
  ts = 1n

  /** For `clientOptions`. */
  get clientOptions(): { webSocketConstructor: typeof WebSocket, logger: false } {
    // eslint-disable-next-line ts/no-this-alias
    const deployment = this
    class BoundSocket extends ScriptedSocket {
      constructor(url: string) {
        super(deployment, url)
      }
    }
    return { webSocketConstructor: BoundSocket as unknown as typeof WebSocket, logger: false }
  }

  get liveSockets(): ScriptedSocket[] {
    return this.sockets.filter(socket => socket.readyState === 1)
  }

  /** All frames of all sockets, in order of arrival. */
  frames: (Frame & { socket: number })[] = []
  /** Called with each frame as it arrives. */
  onFrame: (frame: Frame, socket: ScriptedSocket) => void = () => {}
  /**
   * The response to each mutation, by session and request: a repeated mutation does not run again.
   */
  readonly mutationResponses = new Map<string, JSONValue>()

  forgetSession(id: string): void {
    for (const request of this.mutationResponses.keys()) {
      if (request.startsWith(`${id} `))
        this.mutationResponses.delete(request)
    }
  }

  /** Runs every subscribed query again and sends the changes, in one transition for each socket. */
  invalidate(): void {
    this.ts++
    for (const socket of this.liveSockets) {
      // A client receives nothing before its `Connect`.
      if (socket.frames.length > 0)
        socket.answer()
    }
  }

  flush(): void {
    this.isHolding = false
    for (const socket of this.sockets)
      socket.flush()
  }

  drop(code = 1006): void {
    for (const socket of [...this.sockets])
      socket.drop(code)
  }

  /**
   * Loses all connections without a close event: from then on, all messages in both directions are
   * lost.
   */
  cut(): void {
    for (const socket of this.liveSockets)
      socket.isCut = true
  }

  resolve(kind: Execution['kind'], name: string, args: Record<string, Value>, subject: string | null, socket: number): Value {
    this.executions.push({ kind, name, args, subject, socket })
    const resolver = this.functions.get(name)
    if (!resolver)
      throw new Error(`Could not find public function for '${name}'.`)
    return resolver(args, subject)
  }
}

export class ScriptedSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readyState = 0
  onopen: (() => void) | null = null
  onclose: ((event: { code: number, reason: string }) => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onerror: ((event: unknown) => void) | null = null

  readonly index: number
  readonly frames: Frame[] = []
  readonly queries = new Map<number, SubscribedQuery>()
  #version: Version = { querySet: 0, identity: 0, ts: 0n }
  #wanted: Version = { querySet: 0, identity: 0, ts: 0n }
  #underWay: string[] = []
  #outbox: string[] = []
  #isRejected = false
  #isAnswerDue = false
  #pings: ReturnType<typeof setInterval> | undefined
  subject: string | null = null
  /** Whether messages in both directions are lost. */
  isCut = false
  #session = ''
  readonly #deployment: ScriptedDeployment
  readonly #listeners: ((event: { data: string }) => void)[] = []

  constructor(deployment: ScriptedDeployment, _url: string) {
    this.#deployment = deployment
    this.index = deployment.sockets.push(this) - 1
    setTimeout(() => {
      if (this.readyState === 0 && deployment.isReachable)
        this.open()
      else if (this.readyState === 0)
        this.drop(1006)
    }, deployment.latencyMs)
  }

  open(): void {
    this.readyState = 1
    if (this.#deployment.isPinging)
      this.#pings = setInterval(() => this.#post({ type: 'Ping' }), 15_000)
    this.onopen?.()
  }

  addEventListener(_type: 'message', listener: (event: { data: string }) => void): void {
    this.#listeners.push(listener)
  }

  /** Loses the connection. */
  drop(code = 1006): void {
    if (this.readyState === 3)
      return
    this.readyState = 3
    clearInterval(this.#pings)
    this.onclose?.({ code, reason: '' })
  }

  /** Reports that the token is no longer valid, and closes the connection. */
  refuse(): void {
    const { baseVersion } = this.frames.findLast(({ type }) => type === 'Authenticate')!
    this.#isRejected = true
    this.#post({ type: 'AuthError', error: 'Could not verify token', baseVersion: baseVersion + 1, authUpdateAttempted: false })
    setTimeout(() => this.drop(1000), this.#deployment.latencyMs)
  }

  /** Sends a fatal error, after which the client never connects again. */
  failFatally(): void {
    try {
      this.onmessage!({ data: JSON.stringify({ type: 'FatalError', error: 'The server has given up.' }) })
    }
    catch {
      // The client throws the error inside its listener. A browser would only report it.
    }
    this.drop(1000)
  }

  close(): void {
    if (this.readyState >= 2)
      return
    this.readyState = 2
    setTimeout(() => this.drop(1000))
  }

  send(data: string): void {
    if (this.readyState !== 1)
      throw new Error('The socket is not open.')
    if (this.isCut)
      return
    const frame = JSON.parse(data) as Frame
    this.frames.push(frame)
    this.#deployment.frames.push({ ...frame, socket: this.index })
    this.#deployment.onFrame(frame, this)
    this.#receive(frame)
  }

  flush(): void {
    for (const message of this.#outbox.splice(0))
      this.#deliver(message)
  }

  /** Sends the current results of all queries whose results have changed. */
  answer(): void {
    if (!this.#deployment.isCoalescing)
      return this.#answer()
    if (!this.#isAnswerDue)
      queueMicrotask(() => this.#answer())
    this.#isAnswerDue = true
  }

  #answer(): void {
    this.#isAnswerDue = false
    const modifications: JSONValue[] = []
    for (const query of this.queries.values()) {
      let result: JSONValue
      try {
        const value = this.#deployment.resolve('query', query.name, query.args, this.subject, this.index)
        result = { type: 'QueryUpdated', queryId: query.id, value: convexToJson(value), logLines: [], journal: null }
      }
      catch (error) {
        result = { type: 'QueryFailed', queryId: query.id, errorMessage: (error as Error).message, logLines: [], journal: null, ...errorDataOf(error) }
      }
      const text = JSON.stringify(result)
      if (text !== query.sent) {
        query.sent = text
        modifications.push(result)
      }
    }
    this.#wanted.ts = this.#deployment.ts
    this.#transition(modifications)
  }

  #transition(modifications: JSONValue[]): void {
    const encode = ({ querySet, identity, ts }: Version): JSONValue => ({ querySet, identity, ts: encodeTs(ts) })
    this.#post({ type: 'Transition', startVersion: encode(this.#version), endVersion: encode(this.#wanted), modifications, clientClockSkew: this.#deployment.clientClockSkewMs, serverTs: Date.now() * 1_000_000 })
    this.#version = { ...this.#wanted }
  }

  #receive(frame: Frame): void {
    if (this.#isRejected)
      return
    switch (frame.type) {
      case 'Connect':
        this.#session = frame.sessionId
        // The first connection of a new client. Another client may have used the same id, since a
        // test may replace `Math.random`.
        if (frame.connectionCount === 0)
          this.#deployment.forgetSession(frame.sessionId)
        return
      case 'Authenticate':
        if (frame.tokenType === 'User' && !this.#deployment.accepts(frame.value)) {
          this.#post({ type: 'AuthError', error: 'Token refused', baseVersion: frame.baseVersion, authUpdateAttempted: true })
          setTimeout(() => this.drop(1000), this.#deployment.latencyMs)
          // From now on, all messages of this connection are ignored.
          this.#isRejected = true
          return
        }
        this.subject = frame.tokenType === 'User' ? subjectOf(frame.value) : null
        this.#wanted.identity = frame.baseVersion + 1
        for (const query of this.queries.values())
          delete query.sent
        return this.answer()
      case 'ModifyQuerySet': {
        const { baseVersion } = frame
        if (baseVersion !== this.#wanted.querySet)
          return this.#post({ type: 'FatalError', error: `Base version ${baseVersion} does not match ${this.#wanted.querySet}` })
        const removed: JSONValue[] = []
        for (const modification of frame.modifications) {
          if (modification.type === 'Add') {
            this.queries.set(modification.queryId, { id: modification.queryId, name: modification.udfPath, args: jsonToConvex(modification.args[0]) as Record<string, Value> })
          }
          else {
            this.queries.delete(modification.queryId)
            removed.push({ type: 'QueryRemoved', queryId: modification.queryId })
          }
        }
        this.#wanted.querySet = frame.newVersion
        // Convex answers each message about queries, and runs only queries without a current result.
        if (frame.modifications.length === 0 && baseVersion > 0)
          return this.#transition([])
        if (removed.length > 0)
          this.#transition(removed)
        return this.answer()
      }
      case 'Mutation':
      case 'Action': {
        const kind = frame.type === 'Mutation' ? 'mutation' : 'action'
        const request = `${this.#session} ${frame.requestId}`
        const known = this.#deployment.mutationResponses.get(request)
        if (known) {
          this.#post(known)
          return this.#deployment.invalidate()
        }
        let result: JSONValue
        try {
          const value = this.#deployment.resolve(kind, frame.udfPath, jsonToConvex(frame.args[0]) as Record<string, Value>, this.subject, this.index)
          this.#deployment.ts++
          result = { success: true, result: convexToJson(value ?? null) }
        }
        catch (error) {
          result = { success: false, result: (error as Error).message, ...errorDataOf(error) }
        }
        const response = { type: `${frame.type}Response`, requestId: frame.requestId, logLines: [], ...(frame.type === 'Mutation' && result.success ? { ts: encodeTs(this.#deployment.ts) } : {}), ...(result as object) }
        this.#post(response)
        if (kind === 'mutation') {
          this.#deployment.mutationResponses.set(request, response)
          this.#deployment.invalidate()
        }
      }
    }
  }

  #post(message: JSONValue): void {
    this.#underWay.push(JSON.stringify(message))
    // Delivers the oldest message, which keeps the order even if a fake timer overtakes an earlier
    // one.
    setTimeout(() => this.#deliver(this.#underWay.shift()!), this.#deployment.latencyMs)
  }

  #deliver(message: string): void {
    if (this.#deployment.isHolding)
      this.#outbox.push(message)
    else if (this.readyState === 1 && !this.isCut)
      this.#dispatch(message)
  }

  /** Delivers a message to the client at once. */
  receive(message: JSONValue): void {
    this.#dispatch(JSON.stringify(message))
  }

  #dispatch(data: string): void {
    this.onmessage?.({ data })
    this.#listeners.forEach(listener => listener({ data }))
  }
}

/** A `ConvexError` has data. */
function errorDataOf(error: unknown): { errorData?: JSONValue } {
  return 'data' in (error as object) ? { errorData: (error as any).data } : {}
}

function encodeTs(ts: bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(ts)
  return bytes.toString('base64')
}
