/** One WebSocket connection of a client. */
import type { WebSocket } from 'ws'
import type { AnswerBook } from './answers.ts'
import type { Authenticated, Authenticator } from './auth.ts'
import type { Identity } from './identity.ts'
import type { Connection, LogEntry } from './log.ts'
import type { Authenticate, ClientMessage, Connect, FunctionRequest, ModifyQuerySet, QuerySetModification, ServerMessage, StateModification, Version } from './protocol.ts'
import type { Call, Runtime } from './runtime.ts'
import type { Change } from './tracking.ts'
import { Buffer } from 'node:buffer'
import { AuthenticationError } from './auth.ts'
import { clock } from './clock.ts'
import { decodeTimestamp, encodeOutcome, encodeTimestamp, encodeVersion, parseClientMessage, Rejection } from './protocol.ts'
import { QuerySet } from './query-set.ts'

/**
 * The server sends a message at least this often, since a client closes a socket on which nothing
 * arrives for a minute.
 */
const PING_INTERVAL_MS = 15_000

/** Close codes of RFC 6455. */
const POLICY_VIOLATION = 1008
const INTERNAL_ERROR = 1011

/** The longest reason that a close frame can contain. */
const MAX_REASON_BYTES = 123

/** The parts of a deployment that all of its connections use. */
export interface SyncHost {
  runtime: Runtime
  answers: AnswerBook
  authenticator: () => Authenticator
  log: (entry: Omit<LogEntry, 'at'>) => void
  /** The connection has changed, or has been closed. */
  onChange: (connection: SyncConnection, state: 'open' | 'closed') => void
}

/** One client's WebSocket. */
export class SyncConnection {
  readonly id: number
  readonly #socket: WebSocket
  readonly #host: SyncHost

  #sessionId: string | null = null
  /** The client's clock minus ours, in ms. */
  #clientClockSkew: number | undefined
  #isRejected = false

  /** The version that the client has reached with the latest transition. */
  #version: Version = { querySet: 0, identity: 0, ts: 0n }
  /** The version that the client has requested and that the next transition reaches. */
  #requested = { querySet: 0, identity: 0 }
  #pendingModifications: QuerySetModification[] = []
  #pendingIdentity: Authenticated | 'anonymous' | null = null
  #authenticated: Authenticated | 'anonymous' = 'anonymous'
  readonly #queries: QuerySet

  #waitingMessages = 0
  /**
   * Messages are handled one after another: a token is verified before the next message is handled.
   */
  #inbox: Promise<void> = Promise.resolve()
  /** Mutations run one after the other. */
  #mutations: Promise<void> = Promise.resolve()
  #runningMutation: Promise<void> | null = null
  #update: 'idle' | 'running' | 'runningAndDue' = 'idle'
  #lastSentAt = clock.now()
  #pingTimer: ReturnType<typeof setTimeout>

  constructor(id: number, socket: WebSocket, host: SyncHost) {
    this.id = id
    this.#queries = new QuerySet(id)
    this.#socket = socket
    this.#host = host
    this.#pingTimer = this.#schedulePing()
    socket.on('message', (data, isBinary) => this.#receive(String(data), isBinary))
    socket.on('close', (code, reason) => this.#onClose(String(reason) || `closed with code ${code}`))
    // A frame that violates the WebSocket protocol or is too large. `ws` then closes the socket
    // itself.
    socket.on('error', error => this.#log('error', { outcome: 'error', detail: error.message }))
    this.#log('open')
    this.#announce()
  }

  /** Whether the connection has answered all messages that it has received. */
  get isIdle(): boolean {
    return this.#update === 'idle' && this.#waitingMessages === 0
  }

  get #isOpen(): boolean {
    return !this.#isRejected && this.#socket.readyState === this.#socket.OPEN
  }

  get #subject(): string | null {
    return this.#authenticated === 'anonymous' ? null : this.#authenticated.identity.subject
  }

  describe(): Connection {
    return { id: this.id, sessionId: this.#sessionId, subject: this.#subject, queries: this.#queries.describe() }
  }

  /** Runs the queries again whose results a commit may have changed. */
  applyCommit(changes: Change[]): void {
    if (this.#queries.applyCommit(changes))
      this.#scheduleUpdate()
  }

  /** Runs all queries again. */
  invalidateAll(): void {
    this.#queries.invalidateAll()
    this.#scheduleUpdate()
  }

  /** Drops the connection without a close frame, as a failing network does. */
  terminate(): void {
    this.#socket.terminate()
  }

  #receive(data: string, isBinary: boolean): void {
    this.#waitingMessages += 1
    this.#inbox = this.#inbox.then(async () => {
      try {
        if (this.#isOpen)
          await this.#handle(parseClientMessage(data, isBinary))
      }
      catch (error) {
        this.#reject(error)
      }
      this.#waitingMessages -= 1
    })
  }

  async #handle(message: ClientMessage): Promise<void> {
    switch (message.type) {
      case 'Connect':
        return this.#connect(message)
      case 'Authenticate':
        return await this.#authenticate(message)
      case 'ModifyQuerySet':
        return this.#modifyQuerySet(message)
      case 'Mutation':
        return this.#runMutation(message)
      case 'Action':
        return this.#runAction(message)
      case 'Event':
        return
      default:
        message satisfies never
    }
  }

  #connect({ sessionId, maxObservedTimestamp, clientTs }: Connect): void {
    this.#sessionId = sessionId
    this.#clientClockSkew = clientTs === undefined ? undefined : clientTs - clock.now()
    // The client has seen data that this deployment does not have. Results of this deployment would
    // be older than the client's results.
    if (maxObservedTimestamp !== undefined && decodeTimestamp(maxObservedTimestamp) > this.#host.runtime.database.timestamp)
      throw new Rejection('internal', 'Client has observed a timestamp ahead of the backend\'s latest known timestamp')
    this.#log('connect')
    this.#announce()
  }

  async #authenticate({ tokenType, value, baseVersion }: Authenticate): Promise<void> {
    const authenticated = tokenType === 'None' ? 'anonymous' : await this.#verify(tokenType, value)
    this.#checkBaseVersion(baseVersion, this.#requested.identity)
    this.#requested.identity += 1
    this.#pendingIdentity = authenticated
    this.#log('authenticate', { args: { tokenType }, subject: authenticated === 'anonymous' ? null : authenticated.identity.subject })
    this.#scheduleUpdate()
  }

  async #verify(tokenType: 'User' | 'Admin', token: string | undefined): Promise<Authenticated> {
    try {
      if (tokenType !== 'User')
        throw new AuthenticationError('InvalidAuthHeader', 'This deployment has no admin keys.')
      return await this.#host.authenticator().verify(token ?? '')
    }
    catch (error) {
      if (!(error instanceof AuthenticationError))
        throw error
      this.#log('authenticate', { args: { tokenType }, outcome: 'error', detail: error.message })
      throw new Rejection('auth', error.message, true)
    }
  }

  #modifyQuerySet({ baseVersion, newVersion, modifications }: ModifyQuerySet): void {
    this.#checkBaseVersion(baseVersion, this.#requested.querySet)
    this.#requested.querySet = newVersion
    this.#pendingModifications.push(...modifications)
    this.#scheduleUpdate()
  }

  #runMutation(request: FunctionRequest): void {
    const { requestId } = request
    const call = this.#toCall(request)
    const { runtime, answers } = this.#host
    const answer = async (): Promise<void> => {
      const { outcome, ts } = await answers.once(this.#sessionId ?? `connection ${this.id}`, requestId, () => runtime.mutation(call))
      const committed = outcome.status === 'success' ? { ts: encodeTimestamp(ts!) } : {}
      this.#send({ type: 'MutationResponse', requestId, ...encodeOutcome(outcome), ...committed })
      this.#runningMutation = null
      // The client drops its optimistic update at the first transition that is not older, even an
      // empty one.
      this.#scheduleUpdate()
    }
    this.#mutations = this.#mutations.then(() => this.#runningMutation = answer())
  }

  #runAction(request: FunctionRequest): void {
    void this.#host.runtime.action(this.#toCall(request)).then((outcome) => {
      this.#send({ type: 'ActionResponse', requestId: request.requestId, ...encodeOutcome(outcome) })
      this.#scheduleUpdate()
    })
  }

  /**
   * A call runs as the identity that the client had when the call arrived, however long it waits.
   */
  #toCall({ udfPath, args }: FunctionRequest): Call {
    return { name: udfPath, args, identity: this.#currentIdentity(), connection: this.id, caller: 'client' }
  }

  #scheduleUpdate(): void {
    if (this.#update === 'idle')
      void this.#runUpdates()
    else
      this.#update = 'runningAndDue'
  }

  async #runUpdates(): Promise<void> {
    do {
      this.#update = 'running'
      try {
        if (this.#isOpen)
          await this.#transition()
      }
      catch (error) {
        this.#reject(error)
      }
    } while (this.#update as string === 'runningAndDue')
    this.#update = 'idle'
  }

  /**
   * Sends the transition to the version that the client has requested, with results of one snapshot
   * of the data.
   */
  async #transition(): Promise<void> {
    const modifications = this.#applyRequests()
    const identity = this.#currentIdentity()
    const version = { ...this.#requested, ts: this.#host.runtime.database.timestamp }
    if (this.#queries.isStale)
      version.ts = await this.#host.runtime.snapshot(identity, () => this.#queries.staleRuns(modifications))
    // The client must receive a mutation's answer before the results that contain its writes.
    // Otherwise the client would show these writes together with the optimistic update.
    await this.#runningMutation
    this.#send({
      type: 'Transition',
      startVersion: encodeVersion(this.#version),
      endVersion: encodeVersion(version),
      modifications,
      clientClockSkew: this.#clientClockSkew,
    })
    this.#version = version
  }

  /**
   * Applies the identity and the changes of the query set that the client has requested. Returns
   * the removals of queries, which the client must receive.
   */
  #applyRequests(): StateModification[] {
    const modifications = this.#pendingModifications.splice(0)
    if (modifications.length === 0 && this.#pendingIdentity === null)
      return []
    if (this.#pendingIdentity) {
      this.#authenticated = this.#pendingIdentity
      this.#pendingIdentity = null
      this.#queries.invalidateAll()
    }
    const removed = modifications.flatMap(modification => this.#queries.modify(modification))
    this.#announce()
    return removed
  }

  /** The identity that the next function runs as. */
  #currentIdentity(): Identity {
    const current = this.#pendingIdentity ?? this.#authenticated
    if (current === 'anonymous')
      return null
    if (current.expiresAt <= clock.now())
      throw new Rejection('auth', 'Convex token identity expired')
    return current.identity
  }

  #checkBaseVersion(baseVersion: number, current: number): void {
    if (baseVersion !== current)
      throw new Rejection('fatal', `Base version ${baseVersion} passed up doesn't match the current version ${current}`)
  }

  #reject(error: unknown): void {
    // Otherwise a mistake in this module or in `auth.config` would not be visible.
    if (!(error instanceof Rejection))
      console.error('A connection failed:', error)
    const rejection = error instanceof Rejection ? error : new Rejection('internal', (error as Error).message)
    const { kind, message, authUpdateAttempted } = rejection
    this.#log('reject', { outcome: 'error', detail: message })
    if (kind === 'fatal')
      this.#send({ type: 'FatalError', error: message })
    if (kind === 'auth')
      this.#send({ type: 'AuthError', error: message, baseVersion: this.#version.identity, authUpdateAttempted })
    this.#isRejected = true
    if (kind === 'internal')
      this.#socket.close(INTERNAL_ERROR, 'InternalServerError')
    else
      this.#socket.close(POLICY_VIOLATION, Buffer.from(message).subarray(0, MAX_REASON_BYTES))
  }

  #send(message: ServerMessage): void {
    if (!this.#isOpen)
      return
    this.#lastSentAt = clock.now()
    this.#socket.send(JSON.stringify(message))
  }

  #schedulePing(): ReturnType<typeof setTimeout> {
    const silence = clock.now() - this.#lastSentAt
    return setTimeout(() => {
      if (clock.now() - this.#lastSentAt >= PING_INTERVAL_MS)
        this.#send({ type: 'Ping' })
      this.#pingTimer = this.#schedulePing()
    }, PING_INTERVAL_MS - silence)
  }

  #onClose(reason: string): void {
    clearTimeout(this.#pingTimer)
    this.#queries.clear()
    this.#log('close', { detail: reason })
    this.#host.onChange(this, 'closed')
  }

  #announce(): void {
    this.#host.onChange(this, 'open')
  }

  #log(name: string, entry: Partial<LogEntry> = {}): void {
    this.#host.log({ kind: 'socket', name, args: null, subject: this.#subject, connection: this.id, outcome: 'success', detail: null, ...entry })
  }
}
