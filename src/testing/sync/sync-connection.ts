/** One WebSocket connection of a client. */
import type { WebSocket } from 'ws'
import type { Identity } from '../identity.ts'
import type { Connection, LogEntry } from '../log.ts'
import type { Authenticator } from '../runtime/auth.ts'
import type { Call, MutationRequest, RequestMetadata } from '../runtime/call.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type {
  Authenticate,
  ClientMessage,
  Connect,
  FunctionRequest,
  ModifyQuerySet,
  QuerySetModification,
  ServerMessage,
  StateModification,
  Version,
} from './protocol.ts'
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { clearInterval, setInterval } from 'node:timers'
import { HttpError } from '../http-error.ts'
import { identifyAdmin, toIdentity } from '../runtime/admin-key.ts'
import { AuthenticationError } from '../runtime/auth.ts'
import { clock } from '../runtime/clock.ts'
import {
  decodeTimestamp,
  encodeMessage,
  encodeOutcome,
  encodeTimestamp,
  encodeVersion,
  parseClientMessage,
  Rejection,
} from './protocol.ts'
import { QuerySet } from './query-set.ts'

/**
 * The server sends a message at least this often, since a client closes a socket on which nothing
 * arrives for a minute.
 */
const PING_INTERVAL_MS = 15_000

/**
 * How often the server sends a ping frame, and how long a client may be silent before its socket is
 * dropped.
 */
const SOCKET_PING_INTERVAL_MS = 5_000
const SOCKET_TIMEOUT_MS = 120_000

/** How many mutations, and how many actions, of one client may wait for their answers. */
const MAX_WAITING_CALLS = 1_000

/** Close codes of RFC 6455 and of IANA's registry. */
const POLICY_VIOLATION = 1008
const INTERNAL_ERROR = 1011
const TRY_AGAIN_LATER = 1013

/** The longest reason that a close frame can contain. */
const MAX_REASON_BYTES = 123

/** The identity with which the functions of a connection run, and the end of its validity. */
interface Session {
  identity: Identity
  /** When the client's token expires, in ms since 1970. */
  expiresAt: number
  /** Whether the client has the admin key, and may call internal functions. */
  isAdmin: boolean
  /** The token with which the user has authenticated. */
  authToken?: string
}

const ANONYMOUS: Session = { identity: null, expiresAt: Infinity, isAdmin: false }

/** The parts of a deployment that all of its connections use. */
export interface SyncHost {
  runtime: Runtime
  authenticator: () => Authenticator
  adminKey: string
  /** The sender of the request that has opened the socket. */
  metadata: RequestMetadata
  log: (entry: Omit<LogEntry, 'at'>) => void
  /** Called when the connection has changed or has been closed. */
  onChange: (connection: SyncConnection, state: 'open' | 'closed') => void
}

/** One client's WebSocket. */
export class SyncConnection {
  readonly id: number
  readonly #socket: WebSocket
  readonly #host: SyncHost

  #sessionId: string | null = null
  /** The session id if the client does not send one, since answers are stored by session. */
  readonly #ownSessionId = randomUUID()
  /** The client's time minus the deployment's time, in ms. */
  #clientClockSkew: number | undefined
  #isRejected = false

  /** The version that the client has reached with the latest transition. */
  #version: Version = { querySet: 0, identity: 0, ts: 0n }
  /** The version that the client has requested and that the next transition reaches. */
  #requested = { querySet: 0, identity: 0 }
  #pendingModifications: QuerySetModification[] = []
  #pendingSession: Session | null = null
  #session: Session = ANONYMOUS
  readonly #queries = new QuerySet(() => this.#scheduleUpdate())

  #waitingMessages = 0
  /**
   * Messages are handled one after another: a token is verified before the next message is handled.
   */
  #inbox: Promise<void> = Promise.resolve()
  /** Mutations run one after the other. */
  #mutations: Promise<void> = Promise.resolve()
  #runningMutation: Promise<void> | null = null
  #waitingMutations = 0
  #runningActions = 0
  #update: 'idle' | 'running' | 'runningAndDue' = 'idle'
  #lastSentAt = clock.now()
  #pingTimer: ReturnType<typeof setTimeout>
  readonly #socketPings: ReturnType<typeof setInterval>

  constructor(id: number, socket: WebSocket, host: SyncHost) {
    this.id = id
    this.#socket = socket
    this.#host = host
    this.#pingTimer = this.#schedulePing()
    this.#socketPings = this.#pingSocket()
    socket.on('message', (data, isBinary) => this.#receive(String(data), isBinary))
    socket.on('close', (code, reason) => this.#onClose(String(reason) || `closed with code ${code}`))
    // A frame was too large or violated the WebSocket protocol. `ws` then closes the socket itself.
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
    return this.#session.identity?.subject ?? null
  }

  describe(): Connection {
    return { id: this.id, sessionId: this.#sessionId, subject: this.#subject, queries: this.#queries.describe() }
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
    if (maxObservedTimestamp !== undefined && decodeTimestamp(maxObservedTimestamp) > this.#host.runtime.timestamp)
      throw new Rejection('internal', 'Client has observed a timestamp ahead of the backend\'s latest known timestamp')
    this.#log('connect')
    this.#announce()
  }

  async #authenticate({ tokenType, value = '', impersonating, baseVersion }: Authenticate): Promise<void> {
    const session = tokenType === 'None' ? ANONYMOUS : await this.#verify(tokenType, value, impersonating)
    this.#checkBaseVersion(baseVersion, this.#requested.identity)
    this.#requested.identity += 1
    this.#pendingSession = session
    this.#log('authenticate', { args: { tokenType }, subject: session.identity?.subject ?? null })
    this.#scheduleUpdate()
  }

  async #verify(tokenType: 'User' | 'Admin', token: string, actingAs: unknown): Promise<Session> {
    try {
      if (tokenType === 'User')
        return { ...await this.#host.authenticator().verify(token), isAdmin: false, authToken: token }
      const user = actingAs === undefined ? null : toIdentity(actingAs)
      return { ...identifyAdmin(this.#host, token, user), expiresAt: Infinity }
    }
    catch (error) {
      if (!(error instanceof AuthenticationError || error instanceof HttpError))
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
    if (this.#waitingMutations >= MAX_WAITING_CALLS) {
      throw new Rejection('overloaded', 'Too many concurrent mutations. '
        + `Only up to ${MAX_WAITING_CALLS} pending mutations allowed on a single websocket.`)
    }
    const call = this.#toCall(request)
    const origin: MutationRequest = { sessionId: this.#sessionId ?? this.#ownSessionId, requestId }
    const answer = async (): Promise<void> => {
      const { outcome, ts } = await this.#host.runtime.mutation(call, origin)
      const committed = ts === null ? {} : { ts: encodeTimestamp(ts) }
      this.#send({ type: 'MutationResponse', requestId, ...encodeOutcome(outcome), ...committed })
      this.#runningMutation = null
      // The client drops its optimistic update at the first transition that is not older than the
      // mutation, even if this transition is empty.
      this.#scheduleUpdate()
    }
    this.#waitingMutations += 1
    this.#mutations = this.#mutations.then(async () => {
      this.#runningMutation = answer()
      await this.#runningMutation
      this.#waitingMutations -= 1
    })
  }

  #runAction(request: FunctionRequest): void {
    if (this.#runningActions >= MAX_WAITING_CALLS) {
      throw new Rejection('overloaded', 'Inflight actions overloaded for a single client, '
        + `max concurrency: ${MAX_WAITING_CALLS}`)
    }
    const call = this.#toCall(request)
    this.#runningActions += 1
    void this.#host.runtime.action(call).then((outcome) => {
      this.#runningActions -= 1
      this.#send({ type: 'ActionResponse', requestId: request.requestId, ...encodeOutcome(outcome) })
      this.#scheduleUpdate()
    })
  }

  /**
   * A call runs as the identity that the client had when the call arrived, however long it waits.
   */
  #toCall({ udfPath, args, componentPath }: FunctionRequest): Call {
    const { identity, isAdmin, authToken } = this.#currentSession()
    return {
      name: udfPath,
      args,
      identity,
      connection: this.id,
      caller: isAdmin ? 'trusted' : 'client',
      metadata: this.#host.metadata,
      authToken,
      ...isAdmin && componentPath && { component: componentPath },
    }
  }

  /**
   * One commit may invalidate several queries, so the update begins only after the commit has
   * ended.
   */
  #scheduleUpdate(): void {
    if (this.#update !== 'idle') {
      this.#update = 'runningAndDue'
      return
    }
    this.#update = 'runningAndDue'
    queueMicrotask(() => void this.#runUpdates())
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
    const session = this.#currentSession()
    const { runtime } = this.#host
    const version = { ...this.#requested, ts: 0n }
    modifications.push(...await runtime.atSnapshot(async (snapshot) => {
      version.ts = snapshot.ts
      const connectionOf = (): number | null => this.#isOpen ? this.id : null
      return await this.#queries.refresh(session, call => runtime.readQuery(call, snapshot, connectionOf))
    }))
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
    if (modifications.length === 0 && this.#pendingSession === null)
      return []
    if (this.#pendingSession) {
      this.#session = this.#pendingSession
      this.#pendingSession = null
      this.#queries.invalidateAll()
    }
    const removed = modifications.flatMap(modification => this.#queries.modify(modification))
    this.#announce()
    return removed
  }

  /** The session with whose identity the next function runs. */
  #currentSession(): Session {
    const session = this.#pendingSession ?? this.#session
    if (session.expiresAt <= clock.now())
      throw new Rejection('auth', 'Convex token identity expired')
    return session
  }

  #checkBaseVersion(baseVersion: number, current: number): void {
    if (baseVersion !== current)
      throw new Rejection('fatal', `Base version ${baseVersion} passed up doesn't match the current version ${current}`)
  }

  #reject(error: unknown): void {
    // Any other error is a mistake in this module or in `auth.config`, which must be visible.
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
    else if (kind === 'overloaded')
      this.#socket.close(TRY_AGAIN_LATER, 'RateLimited')
    else
      this.#socket.close(POLICY_VIOLATION, Buffer.from(message).subarray(0, MAX_REASON_BYTES))
  }

  #send(message: ServerMessage): void {
    if (!this.#isOpen)
      return
    this.#lastSentAt = clock.now()
    for (const text of encodeMessage(message))
      this.#socket.send(text)
  }

  #schedulePing(): ReturnType<typeof setTimeout> {
    const silence = clock.now() - this.#lastSentAt
    return setTimeout(() => {
      if (clock.now() - this.#lastSentAt >= PING_INTERVAL_MS)
        this.#send({ type: 'Ping' })
      this.#pingTimer = this.#schedulePing()
    }, PING_INTERVAL_MS - silence)
  }

  /** Pings the socket, and drops it if the client's machine does not answer. */
  #pingSocket(): ReturnType<typeof setInterval> {
    let lastSeen = performance.now()
    const onSeen = (): void => {
      lastSeen = performance.now()
    }
    this.#socket.on('pong', onSeen)
    this.#socket.on('message', onSeen)
    return setInterval(() => {
      if (performance.now() - lastSeen > SOCKET_TIMEOUT_MS)
        this.#socket.terminate()
      else
        this.#socket.ping()
    }, SOCKET_PING_INTERVAL_MS)
  }

  #onClose(reason: string): void {
    clearTimeout(this.#pingTimer)
    clearInterval(this.#socketPings)
    this.#queries.clear()
    this.#log('close', { detail: reason })
    this.#host.onChange(this, 'closed')
  }

  #announce(): void {
    this.#host.onChange(this, 'open')
  }

  #log(name: string, entry: Partial<LogEntry> = {}): void {
    this.#host.log({
      kind: 'socket',
      name,
      args: null,
      subject: this.#subject,
      connection: this.id,
      outcome: 'success',
      detail: null,
      durationMs: null,
      logLines: [],
      ...entry,
    })
  }
}
