/** The two HTTP servers of a deployment, and the state that they share. */
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import type { Limits } from '../functions/host-options.ts'
import type { FunctionsHost } from '../functions/host.ts'
import type { ModuleState } from '../functions/kinds.ts'
import type { Connection, LogEntry } from '../log.ts'
import type { Call, Outcome } from '../runtime/call.ts'
import type { ErrorDetail } from '../runtime/failure.ts'
import type { FunctionKind } from '../runtime/functions-catalog.ts'
import type { Deployable } from '../runtime/load.ts'
import type { AccessOptions, Refusal } from './access.ts'
import type { VariableChange } from './admin-api.ts'
import type { HttpHost } from './http.ts'
import type { SystemQueryHost } from './system-queries.ts'
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { DataFolder } from '../data-folder.ts'
import { FolderFormatError, FolderInUseError } from '../engine/database.ts'
import { Engine } from '../engine/engine.ts'
import { importPeer } from '../peers.ts'
import { Authenticator } from '../runtime/auth.ts'
import { clock } from '../runtime/clock.ts'
import { Data } from '../runtime/data.ts'
import { KeptSnapshots } from '../runtime/kept-snapshots.ts'
import { applySchemas, loadFunctions } from '../runtime/load.ts'
import { Runtime } from '../runtime/runtime.ts'
import { SigningKey } from '../runtime/signing-key.ts'
import { SyncConnection } from '../sync/sync-connection.ts'
import { testingError } from '../testing-error.ts'
import { Access } from './access.ts'
import { Exports } from './exports.ts'
import { metadataOf } from './functions-api.ts'
import { createCloudHandler, createSiteHandler, toResponse } from './http.ts'
import { Imports } from './imports.ts'
import { LogStream } from './log-stream.ts'
import { answerSystemQuery } from './system-queries.ts'
import { Variables } from './variables.ts'

/** The options of a server; see `DeploymentOptions`. */
export interface ServerOptions {
  functions: string
  siteUrl: string
  access: AccessOptions
  port: number
  sitePort: number
  /** The variables of the app. */
  env: Record<string, string>
  limits: Limits
  moduleState: ModuleState
  errors: ErrorDetail
  /** The folder that keeps the data; `null` if the data is in memory. */
  data: string | null
  adminKey: string
}

/** The addresses of a server. */
export interface ServerUrls {
  url: string
  siteUrl: string
}

/** Receives each entry of the log; `null` if only the connections have changed. */
export type OnEvent = (entry: LogEntry | null) => void

/** The route of the keys with which functions sign tokens. */
const JWKS_PATH = '/.well-known/jwks.json'

/** A socket is closed if it receives a larger message. */
const MAX_MESSAGE_BYTES = 20 * 2 ** 20

/** Limits the output in the terminal if a site sends requests with many different host names. */
const MAX_REPORTED_REFUSALS = 20

/** The loaded functions, and their authenticator. */
interface Loaded {
  functions: Deployable
  authenticator: Authenticator
}

/** One deployment: its two ports, its data, its clients. */
export class DeploymentServer {
  readonly #options: ServerOptions
  readonly #onEvent: OnEvent
  readonly #webSockets: WebSocketServer
  readonly #access: Access
  /** The messages of reported refusals. Each message is reported once. */
  readonly #refusals = new Set<string>()
  readonly #cloud: Server
  readonly #site: Server
  readonly #connections = new Map<number, SyncConnection>()
  readonly #changed = new Set<SyncConnection>()
  /** Requests that arrive while the functions are being loaded wait for this promise. */
  readonly #runtime: Promise<Runtime>
  #loaded!: Loaded
  /** The threads of previous functions, until their calls have ended. */
  readonly #retired = new Set<FunctionsHost>()
  #data!: Data
  #snapshots!: KeptSnapshots
  #urls!: ServerUrls
  #connectionCount = 0
  readonly #variables: Variables
  readonly #logs = new LogStream()
  readonly #signingKey: SigningKey
  #exports!: Exports
  #imports!: Imports

  static async start(options: ServerOptions, onEvent: OnEvent): Promise<DeploymentServer> {
    const { WebSocketServer } = await importPeer('ws', () => import('ws'))
    const webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES })
    const server = new DeploymentServer(options, onEvent, webSockets)
    await server.#runtime
    return server
  }

  private constructor(options: ServerOptions, onEvent: OnEvent, webSockets: WebSocketServer) {
    this.#options = options
    this.#onEvent = onEvent
    this.#webSockets = webSockets
    const folder = new DataFolder(options.data)
    this.#signingKey = new SigningKey(folder)
    const httpHost: HttpHost = {
      runtime: () => this.#runtime,
      authenticator: () => this.#runtime.then(() => this.#loaded.authenticator),
      catalog: () => this.#loaded.functions.catalog,
      snapshots: () => this.#snapshots,
      adminKey: options.adminKey,
      variables: () => this.#variables.all,
      changeVariables: changes => this.changeVariables(changes),
      exports: () => this.#exports,
      imports: () => this.#imports,
      logs: this.#logs,
      signingKey: this.#signingKey,
    }
    this.#variables = new Variables({
      SITE_URL: options.siteUrl,
      // Better Auth encrypts its data with this secret, so the secret is kept with the data.
      BETTER_AUTH_SECRET: folder.keep('better-auth-secret', () => randomBytes(32).toString('base64')),
      ...options.env,
    }, folder)
    this.#access = new Access(options.access)
    this.#cloud = createServer(this.#guard(createCloudHandler(httpHost)))
    this.#cloud.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    this.#site = createServer(this.#guard(createSiteHandler(httpHost)))
    this.#runtime = this.#boot()
  }

  get urls(): ServerUrls {
    return this.#urls
  }

  /**
   * The functions are loaded while the ports are opened. Their modules are evaluated once the ports
   * are known, since modules may read the deployment's addresses when they are evaluated.
   */
  async #boot(): Promise<Runtime> {
    const listening = this.#listen()
    const [functions] = await Promise.all([
      this.#loadFunctions(this.#variables.all, listening),
      listening,
      // The authenticator needs `jose`, which is loaded at the same time.
      importPeer('jose', () => import('jose')),
    ])
    try {
      this.#data = new Data(this.#openEngine(), this.#options.limits)
      this.#snapshots = new KeptSnapshots(this.#data)
      this.#exports = new Exports(this.#data)
      this.#imports = new Imports(this.#data)
      applySchemas(this.#data, functions.schemas)
      this.#loaded = { functions, authenticator: await this.#createAuthenticator(functions) }
      const runtime = new Runtime({
        data: this.#data,
        urls: () => this.#urls,
        signingKey: this.#signingKey,
        log: entry => this.#log(entry),
        errors: this.#options.errors,
        systemQuery: (call, transaction) => answerSystemQuery(this.#systemQueryHost, call, transaction),
      }, functions)
      runtime.startJobs([...functions.schemas.keys()], functions.crons)
      return runtime
    }
    catch (error) {
      await functions.host.dispose()
      throw error
    }
  }

  async #listen(): Promise<void> {
    const port = await listen(this.#cloud, this.#options.port)
    const sitePort = await listen(this.#site, this.#options.sitePort)
    this.#urls = { url: `http://127.0.0.1:${port}`, siteUrl: `http://127.0.0.1:${sitePort}` }
  }

  #openEngine(): Engine {
    const { data: folder } = this.#options
    try {
      return Engine.open({ now: () => clock.now(), ...folder !== null && { folder } })
    }
    catch (error) {
      if (folder === null)
        throw error
      throw folderError(folder, error)
    }
  }

  /** `listening` resolves once the addresses of the deployment are known. */
  async #loadFunctions(appVariables: Record<string, string>, listening = Promise.resolve()): Promise<Deployable> {
    const { functions, limits, moduleState } = this.#options
    const variables = listening.then(() => ({
      ...appVariables,
      CONVEX_CLOUD_URL: this.#urls.url,
      CONVEX_SITE_URL: this.#urls.siteUrl,
    }))
    return await loadFunctions({ functions, limits, moduleState, clockAheadMs: clock.ahead, variables })
  }

  /** Runs a function that a test calls directly: public or internal, as any identity. */
  async run(kind: FunctionKind, call: Pick<Call, 'name' | 'args' | 'identity'>): Promise<Outcome> {
    const runtime = await this.#runtime
    const full: Call = { ...call, connection: null, caller: 'trusted' }
    switch (kind) {
      case 'query':
        return await runtime.query(full)
      case 'mutation':
        return (await runtime.mutation(full)).outcome
      case 'action':
        return await runtime.action(full)
      default:
        return kind satisfies never
    }
  }

  /** Resolves once no function runs and every client has received its answers. */
  async settled(): Promise<void> {
    const runtime = await this.#runtime
    const areSent = (): boolean => [...this.#connections.values()].every(connection => connection.isIdle)
    const isIdle = (): boolean => runtime.isIdle && !clock.isOverdue && areSent()
    do {
      await setImmediate()
    } while (!isIdle())
  }

  /** Sets the clock forward. Timers that are then due fire, including those of functions. */
  advanceClock(ms: number): void {
    for (const host of [this.#loaded.functions.host, ...this.#retired])
      host.advanceClock(ms)
    clock.advance(ms)
  }

  /** Drops every socket without a close frame, as a failing network does. */
  async disconnectAll(): Promise<void> {
    const connections = [...this.#connections.values()]
    connections.forEach(connection => connection.terminate())
    while (connections.some(({ id }) => this.#connections.has(id)))
      await setImmediate()
  }

  /** Stops listening and drops all clients, then listens on the same ports again. */
  async restart(): Promise<void> {
    const ports = [this.#cloud, this.#site].map(portOf)
    await this.#stopListening()
    await listen(this.#cloud, ports[0]!)
    await listen(this.#site, ports[1]!)
  }

  /**
   * Bundles the functions again and runs all live queries on them. The previous functions remain if
   * the new ones cannot be loaded.
   */
  async reload(variables = this.#variables.all): Promise<void> {
    const runtime = await this.#runtime
    const functions = await this.#loadFunctions(variables)
    try {
      const authenticator = await this.#createAuthenticator(functions)
      applySchemas(this.#data, functions.schemas)
      const previous = this.#loaded.functions.host
      this.#loaded = { functions, authenticator }
      runtime.replaceFunctions(functions, functions.crons)
      // The threads of the previous functions remain until their actions have ended.
      this.#retired.add(previous)
      void previous.disposeWhenIdle().then(() => this.#retired.delete(previous))
    }
    catch (error) {
      await functions.host.dispose()
      throw error
    }
  }

  /**
   * Sets and removes variables, and loads the functions again. If the functions cannot be loaded,
   * for example because `auth.config` reads a removed variable, nothing changes.
   */
  async changeVariables(changes: VariableChange[]): Promise<void> {
    await this.reload(this.#variables.preview(changes))
    this.#variables.save(changes)
  }

  get #systemQueryHost(): SystemQueryHost {
    return {
      data: () => this.#data,
      description: () => this.#loaded.functions.host.description,
      variables: () => this.#variables.all,
      urls: () => this.#urls,
      exports: () => this.#exports,
      imports: () => this.#imports,
    }
  }

  async close(): Promise<void> {
    const runtime = await this.#runtime
    runtime.stopJobs()
    await this.#stopListening()
    await Promise.all([this.#loaded.functions.host, ...this.#retired].map(host => host.dispose()))
    this.#snapshots.clear()
    this.#data.engine.close()
  }

  /**
   * The connections that have changed since the last call of this method; `null` for closed
   * connections.
   */
  takeChangedConnections(): [id: number, connection: Connection | null][] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed.map((connection) => {
      const isOpen = this.#connections.has(connection.id)
      return [connection.id, isOpen ? connection.describe() : null]
    })
  }

  #checkClient(request: IncomingMessage): Refusal | null {
    return this.#access.checkHost(request) ?? this.#access.checkOrigin(request)
  }

  /**
   * Refuses requests of other sites before their handler runs. CORS headers would not be enough:
   * with `mode: 'no-cors'`, a page can run an HTTP action without reading the answer.
   */
  #guard(handle: RequestListener): RequestListener {
    return (request, response) => {
      const refusal = this.#checkClient(request)
      if (!refusal)
        return handle(request, response)
      this.#reportRefusal(refusal)
      response.writeHead(403, { 'content-type': 'application/json', 'connection': 'close' })
      response.end(JSON.stringify(refusal))
    }
  }

  /** Prints the reason in the terminal, since a page cannot see why its WebSocket was refused. */
  #reportRefusal({ message }: Refusal): void {
    if (this.#refusals.has(message) || this.#refusals.size >= MAX_REPORTED_REFUSALS)
      return
    this.#refusals.add(message)
    console.warn(message)
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const refusal = this.#checkClient(request)
    if (refusal) {
      this.#reportRefusal(refusal)
      return refuseUpgrade(socket, '403 Forbidden', JSON.stringify(refusal))
    }
    // The client may disconnect while the functions are loaded.
    socket.on('error', () => {})
    const runtime = await this.#runtime
    const { pathname } = new URL(`http://localhost${request.url}`)
    if (!/^\/api\/(?:[^/]+\/)?sync$/.test(pathname)) {
      const answer = { code: 'NotFound', message: 'No WebSocket is served at this path.' }
      return refuseUpgrade(socket, '404 Not Found', JSON.stringify(answer))
    }
    if (!this.#cloud.listening) {
      socket.destroy()
      return
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new SyncConnection(++this.#connectionCount, webSocket, {
        runtime,
        authenticator: () => this.#loaded.authenticator,
        adminKey: this.#options.adminKey,
        metadata: metadataOf(request),
        log: entry => this.#log(entry),
        onChange: (changed, state) => {
          if (state === 'open')
            this.#connections.set(changed.id, changed)
          else
            this.#connections.delete(changed.id)
          this.#changed.add(changed)
          this.#onEvent(null)
        },
      })
      this.#connections.set(connection.id, connection)
    })
  }

  /**
   * The keys of the deployment's own Better Auth are read by a direct run of the HTTP action. A
   * request to the deployment's own port could fail, for example during a restart, and a user whose
   * token cannot be verified is signed out.
   */
  async #createAuthenticator({ authConfig }: Deployable): Promise<Authenticator> {
    return await Authenticator.create(authConfig, async (url, init) => {
      if (url === `${this.#urls.url}${JWKS_PATH}`)
        return Response.json(this.#signingKey.jwks)
      const isOwn = new URL(url).origin === this.#urls.siteUrl
      if (isOwn)
        return await this.#requestOwn(url, init)
      return await fetch(url, init)
    })
  }

  async #requestOwn(url: string, { method = 'GET', headers }: RequestInit = {}): Promise<Response> {
    const runtime = await this.#runtime
    return toResponse(await runtime.http({
      url,
      method,
      headers: [...new Headers(headers)],
      body: null,
      identity: null,
      authenticationError: null,
      metadata: { ip: null, userAgent: null },
    }))
  }

  #log(entry: Omit<LogEntry, 'at'>): void {
    const logged = { at: clock.now(), ...entry }
    this.#logs.add(logged)
    this.#onEvent(logged)
  }

  /**
   * Closes all connections. Connections that are opened meanwhile are closed as well, since the
   * ports would otherwise never become free.
   */
  async #stopListening(): Promise<void> {
    const closed = [this.#cloud, this.#site].map((server) => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      return closed
    })
    await this.disconnectAll()
    await Promise.all(closed)
  }
}

/** The error for a folder of data that the engine cannot open. */
function folderError(folder: string, cause: unknown): Error {
  if (cause instanceof FolderInUseError)
    return testingError('DEPLOYMENT_FAILED', { folder, problem: 'inUse' }, cause)
  if (cause instanceof FolderFormatError)
    return testingError('DEPLOYMENT_FAILED', { folder, problem: 'otherVersion' }, cause)
  return testingError('DEPLOYMENT_FAILED', { folder, problem: 'unusable', message: (cause as Error).message }, cause)
}

function refuseUpgrade(socket: Duplex, status: string, json: string): void {
  // Writing the answer fails if the client has already disconnected. This error is ignored.
  socket.on('error', () => {})
  socket.once('finish', () => socket.destroy())
  socket.end([
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(json)}`,
    'Connection: close',
    '',
    json,
  ].join('\r\n'))
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return portOf(server)
  }
  catch (cause) {
    throw testingError('DEPLOYMENT_FAILED', { port, message: (cause as Error).message }, cause)
  }
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port
}
