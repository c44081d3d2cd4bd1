/** The two HTTP servers of a deployment, and what they share. */
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import type { AccessOptions, Refusal } from './access.ts'
import type { LoadedFunctions } from './bundle.ts'
import type { Connection, LogEntry } from './log.ts'
import type { Call, Outcome } from './runtime.ts'
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { Access } from './access.ts'
import { AnswerBook } from './answers.ts'
import { Authenticator } from './auth.ts'
import { loadFunctions } from './bundle.ts'
import { clock } from './clock.ts'
import { CronRunner } from './crons.ts'
import { createCloudHandler, createSiteHandler } from './http.ts'
import { importPeer } from './peers.ts'
import { Runtime } from './runtime.ts'
import { StorageAddresses } from './storage.ts'
import { SyncConnection } from './sync-connection.ts'
import { testingError } from './testing-error.ts'

/** The options of a server; see `DeploymentOptions`. */
export interface ServerOptions {
  functions: string
  siteUrl: string
  access: AccessOptions
  port: number
  sitePort: number
}

/** The addresses of a server. */
export interface ServerUrls {
  url: string
  siteUrl: string
}

/** Receives each entry of the log; `null` if only the connections have changed. */
export type OnEvent = (entry: LogEntry | null) => void

/** Larger messages close their socket. */
const MAX_MESSAGE_BYTES = 20 * 2 ** 20

/** Limits the output in the terminal if a site sends requests with many different names. */
const MAX_REPORTED_REFUSALS = 20

/** The authenticator of the loaded functions, and the function that deletes their bundle. */
interface Loaded {
  authenticator: Authenticator
  dispose: () => Promise<void>
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
  readonly #answers = new AnswerBook()
  readonly #storage = new StorageAddresses(() => this.#urls.url)
  readonly #crons: CronRunner
  /** Requests that arrive while the functions are loaded wait for this promise. */
  readonly #runtime: Promise<Runtime>
  #loaded!: Loaded
  #urls!: ServerUrls
  #connectionCount = 0

  static async start(options: ServerOptions, onEvent: OnEvent): Promise<DeploymentServer> {
    const { WebSocketServer } = await importPeer('ws', () => import('ws'))
    const server = new DeploymentServer(options, onEvent, new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES }))
    await server.#runtime
    return server
  }

  private constructor(options: ServerOptions, onEvent: OnEvent, webSockets: WebSocketServer) {
    this.#options = options
    this.#onEvent = onEvent
    this.#webSockets = webSockets
    const httpHost = {
      runtime: () => this.#runtime,
      authenticator: () => this.#runtime.then(() => this.#loaded.authenticator),
      storage: this.#storage,
      siteUrl: () => this.#urls.siteUrl,
    }
    this.#access = new Access(options.access)
    this.#cloud = createServer(this.#guard(createCloudHandler(httpHost)))
    this.#cloud.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    this.#site = createServer(this.#guard(createSiteHandler(httpHost)))
    this.#crons = new CronRunner((name, args) => this.#runCron(name, args))
    this.#runtime = this.#boot()
  }

  get urls(): ServerUrls {
    return this.#urls
  }

  /**
   * Opens the ports before it loads the functions, since functions read their own addresses when
   * their modules are evaluated.
   */
  async #boot(): Promise<Runtime> {
    const port = await listen(this.#cloud, this.#options.port)
    const sitePort = await listen(this.#site, this.#options.sitePort)
    this.#urls = { url: `http://127.0.0.1:${port}`, siteUrl: `http://127.0.0.1:${sitePort}` }
    process.env.CONVEX_CLOUD_URL = this.#urls.url
    process.env.CONVEX_SITE_URL = this.#urls.siteUrl
    process.env.SITE_URL ??= this.#options.siteUrl
    process.env.BETTER_AUTH_SECRET ??= randomBytes(32).toString('base64')

    const functions = await loadFunctions(this.#options.functions)
    try {
      this.#loaded = { authenticator: await this.#createAuthenticator(functions), dispose: functions.dispose }
      const runtime = await Runtime.start(functions, {
        log: entry => this.#log(entry),
        onCommit: changes => this.#connections.forEach(connection => connection.applyCommit(changes)),
        fileUrl: this.#storage.fileUrl,
        uploadUrl: this.#storage.uploadUrl,
      })
      this.#crons.start(runtime.defaultExport('crons'))
      return runtime
    }
    catch (error) {
      await functions.dispose()
      throw error
    }
  }

  /** Runs a function that a test calls directly: public or internal, as any identity. */
  async run(kind: 'query' | 'mutation' | 'action', call: Pick<Call, 'name' | 'args' | 'identity'>): Promise<Outcome> {
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
    const isIdle = (): boolean => runtime.isIdle && !clock.isOverdue && [...this.#connections.values()].every(connection => connection.isIdle)
    do {
      await setImmediate()
      await runtime.database.finishScheduled()
    } while (!isIdle())
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
  async reload(): Promise<void> {
    const runtime = await this.#runtime
    const functions = await loadFunctions(this.#options.functions)
    const authenticator = await this.#createAuthenticator(functions)
    await runtime.replaceFunctions(functions)
    const previous = this.#loaded
    this.#loaded = { authenticator, dispose: functions.dispose }
    await previous.dispose()
    this.#crons.start(runtime.defaultExport('crons'))
    this.#connections.forEach(connection => connection.invalidateAll())
  }

  async close(): Promise<void> {
    this.#crons.stop()
    await this.#stopListening()
    await this.#loaded.dispose()
  }

  /**
   * The connections that have changed since the last call of this method; `null` for closed
   * connections.
   */
  takeChangedConnections(): [id: number, connection: Connection | null][] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed.map(connection => [connection.id, this.#connections.has(connection.id) ? connection.describe() : null])
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
    const runtime = await this.#runtime
    const { pathname } = new URL(`http://localhost${request.url}`)
    if (!/^\/api\/(?:[^/]+\/)?sync$/.test(pathname))
      return refuseUpgrade(socket, '404 Not Found', JSON.stringify({ code: 'NotFound', message: 'No WebSocket is served at this path.' }))
    if (!this.#cloud.listening) {
      socket.destroy()
      return
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new SyncConnection(++this.#connectionCount, webSocket, {
        runtime,
        authenticator: () => this.#loaded.authenticator,
        answers: this.#answers,
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
   * The deployment's own keys are read from its route directly. A request to its own port could
   * fail, for example during a restart, and a token that cannot be verified signs its user out.
   */
  async #createAuthenticator({ authConfig }: LoadedFunctions): Promise<Authenticator> {
    return await Authenticator.create(authConfig, async (url, init) => {
      const isOwn = new URL(url).origin === this.#urls.siteUrl
      return isOwn ? await (await this.#runtime).http(new Request(url, init), null) : await fetch(url, init)
    })
  }

  async #runCron(name: string, args: unknown): Promise<void> {
    const runtime = await this.#runtime
    const outcome = await runtime.run({ name, args: args as Call['args'], identity: null, connection: null, caller: 'trusted' })
    if (outcome.status === 'error')
      console.error(`The cron job ${name} failed:`, outcome.message)
  }

  #log(entry: Omit<LogEntry, 'at'>): void {
    this.#onEvent({ at: clock.now(), ...entry })
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
