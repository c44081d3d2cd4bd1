/** One WebSocket connection of a client. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Connection, LogEntry } from '../log.ts'
import type { Call, MutationRequest, RequestMetadata } from '../runtime/call.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type {
  Authenticate,
  ClientMessage,
  Connect,
  EncodedModification,
  FunctionRequest,
  ModifyQuerySet,
  QuerySetModification,
  ServerMessage,
  Version,
} from './protocol.ts'
import type { Session, SessionHost } from './session.ts'
import { randomUUID } from 'node:crypto'
import { clock } from '../runtime/clock.ts'
import { ClientCalls } from './client-calls.ts'
import { KeepAlive } from './keep-alive.ts'
import { Outbox } from './outbox.ts'
import { decodeTimestamp, encodeVersion, parseClientMessage, Rejection } from './protocol.ts'
import { QuerySet } from './query-set.ts'
import { ANONYMOUS, openSession } from './session.ts'

/** Close codes of RFC 6455 and of IANA's registry. */
const INTERNAL_ERROR = 1011
const TRY_AGAIN_LATER = 1013

/** The parts of a deployment that all of its connections use. */
export interface SyncHost extends SessionHost {
  runtime: Runtime
  /** The stream to which the socket writes. */
  transport: Duplex
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
  readonly #outbox: Outbox
  readonly #keepAlive: KeepAlive
  readonly #calls: ClientCalls

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
  #update: 'idle' | 'running' | 'runningAndDue' = 'idle'

  constructor(id: number, socket: WebSocket, host: SyncHost) {
    this.id = id
    this.#socket = socket
    this.#host = host
    this.#outbox = new Outbox(socket, host.transport)
    this.#keepAlive = new KeepAlive(socket, () => this.#send({ type: 'Ping' }))
    this.#calls = new ClientCalls({
      runtime: host.runtime,
      send: message => this.#send(message),
      onAnswered: () => this.#scheduleUpdate(),
    })
    socket.on('message', (data, isBinary) => this.#receive(String(data), isBinary))
    socket.on('close', (code, reason) => this.#onClose(String(reason) || `closed with code ${code}`))
    // A frame was too large or violated the WebSocket protocol. `ws` then closes the socket itself.
    socket.on('error', error => this.#log('error', { outcome: 'error', detail: error.message }))
    this.#log('open')
    this.#announce()
  }

  /**
   * Returns whether the connection has answered all messages that it has received, and whether the
   * answers have left this process.
   */
  get isIdle(): boolean {
    return this.#update === 'idle' && this.#waitingMessages === 0 && this.#socket.bufferedAmount === 0
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
        return this.#calls.runMutation(this.#toCall(message), this.#toRequest(message))
      case 'Action':
        return this.#calls.runAction(this.#toCall(message), message.requestId)
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

  async #authenticate(message: Authenticate): Promise<void> {
    const { tokenType, baseVersion } = message
    const session = await openSession(message, this.#host).catch((error: Error) => {
      if (error instanceof Rejection)
        this.#log('authenticate', { args: { tokenType }, outcome: 'error', detail: error.message })
      throw error
    })
    if (baseVersion !== this.#requested.identity)
      throw new Rejection('internal', `Base version ${baseVersion} of the identity is not the current version`)
    this.#requested.identity += 1
    this.#pendingSession = session
    this.#log('authenticate', { args: { tokenType }, subject: session.identity?.subject ?? null })
    this.#scheduleUpdate()
  }

  #modifyQuerySet({ baseVersion, newVersion, modifications }: ModifyQuerySet): void {
    const { querySet } = this.#requested
    if (baseVersion !== querySet) {
      throw new Rejection('fatal', `Base version ${baseVersion} passed up doesn't match the current version `
        + `${querySet}`)
    }
    this.#requested.querySet = newVersion
    this.#pendingModifications.push(...modifications)
    this.#scheduleUpdate()
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

  /** Identifies a mutation that the client sends again after a reconnect. */
  #toRequest({ requestId }: FunctionRequest): MutationRequest {
    return { sessionId: this.#sessionId ?? this.#ownSessionId, requestId }
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
    await this.#calls.runningMutation
    this.#send({
      type: 'Transition',
      startVersion: encodeVersion(this.#version),
      endVersion: encodeVersion(version),
      modifications,
      clientClockSkew: this.#clientClockSkew,
      serverTs: clock.now() * 1_000_000,
    })
    this.#version = version
  }

  /**
   * Applies the identity and the changes of the query set that the client has requested. Returns
   * the removals of queries, which the client must receive.
   */
  #applyRequests(): EncodedModification[] {
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
      // As on Convex, the frame has no code: the message contains the reason.
      this.#socket.close()
  }

  #send(message: ServerMessage): void {
    if (!this.#isOpen)
      return
    this.#keepAlive.onSent()
    this.#outbox.send(message)
  }

  #onClose(reason: string): void {
    this.#keepAlive.stop()
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
