/** One deployment: its functions, its data, its ports and its clients. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Limits } from '../functions/host-options.ts'
import type { FunctionsHost } from '../functions/host.ts'
import type { ModuleState } from '../functions/kinds.ts'
import type { Connection, LogEntry } from '../log.ts'
import type { Call, Outcome } from '../runtime/call.ts'
import type { ErrorDetail } from '../runtime/failure.ts'
import type { FunctionKind } from '../runtime/functions-catalog.ts'
import type { Deployable } from '../runtime/load.ts'
import type { AccessOptions } from './access.ts'
import type { VariableChange } from './admin-api.ts'
import type { HttpHost } from './http.ts'
import type { ServerUrls } from './ports.ts'
import type { SystemQueryHost } from './system-queries.ts'
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
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
import { testingError } from '../testing-error.ts'
import { Access } from './access.ts'
import { Connections } from './connections.ts'
import { createExport, Exports } from './exports.ts'
import { createCloudHandler, createSiteHandler, toResponse } from './http.ts'
import { Imports } from './imports.ts'
import { LogStream } from './log-stream.ts'
import { Ports } from './ports.ts'
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

/** Receives each entry of the log; `null` if only the connections have changed. */
export type OnEvent = (entry: LogEntry | null) => void

/** The route of the keys with which functions sign tokens. */
const JWKS_PATH = '/.well-known/jwks.json'

/** The loaded functions, and their authenticator. */
interface Loaded {
  functions: Deployable
  authenticator: Authenticator
}

export class DeploymentServer {
  readonly #options: ServerOptions
  readonly #onEvent: OnEvent
  readonly #access: Access
  readonly #ports: Ports
  readonly #connections: Connections
  /** Requests that arrive while the functions are being loaded wait for this promise. */
  readonly #runtime: Promise<Runtime>
  #loaded!: Loaded
  /** The threads of previous functions, until their calls have ended. */
  readonly #retired = new Set<FunctionsHost>()
  #data!: Data
  #snapshots!: KeptSnapshots
  /** The default values of variables that an app need not set. */
  readonly #defaults: Record<string, string>
  readonly #variables: Variables
  readonly #logs = new LogStream()
  readonly #signingKey: SigningKey
  #exports!: Exports
  #imports!: Imports

  static async start(options: ServerOptions, onEvent: OnEvent): Promise<DeploymentServer> {
    const connections = await Connections.create(() => onEvent(null))
    const server = new DeploymentServer(options, onEvent, connections)
    await server.#runtime
    return server
  }

  private constructor(options: ServerOptions, onEvent: OnEvent, connections: Connections) {
    this.#options = options
    this.#onEvent = onEvent
    this.#connections = connections
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
    this.#defaults = {
      SITE_URL: options.siteUrl,
      // Better Auth encrypts its data with this secret, so the secret is kept with the data.
      BETTER_AUTH_SECRET: folder.keep('better-auth-secret', () => randomBytes(32).toString('base64')),
    }
    this.#variables = new Variables({ ...this.#defaults, ...options.env }, folder)
    this.#access = new Access(options.access)
    this.#ports = new Ports(this.#access, {
      cloud: createCloudHandler(httpHost),
      site: createSiteHandler(httpHost),
      onSocket: (request, socket, head) => void this.#accept(request, socket, head),
    })
    this.#runtime = this.#boot()
  }

  get urls(): ServerUrls {
    return this.#ports.urls
  }

  /**
   * The functions are loaded while the ports are opened. Their modules are evaluated once the ports
   * are known, since modules may read the deployment's addresses when they are evaluated.
   */
  async #boot(): Promise<Runtime> {
    const listening = this.#ports.open(this.#options.port, this.#options.sitePort)
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
        urls: () => this.urls,
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
      CONVEX_CLOUD_URL: this.urls.url,
      CONVEX_SITE_URL: this.urls.siteUrl,
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
    const isIdle = (): boolean => runtime.isIdle && !clock.isOverdue && this.#connections.areIdle
    // This thread may not have read a message that a client sent before this call. Messages are
    // read in one phase of each turn of the event loop. The current turn may be in the middle of
    // this phase, and the turn after it has the whole phase.
    await setImmediate()
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
    await this.#connections.terminateAll()
  }

  /** Stops listening and drops all clients, then listens on the same ports again. */
  async restart(): Promise<void> {
    await this.#stopListening()
    await this.#ports.reopen()
  }

  /** Allows these addresses, and loads the functions again, with these variables of the app. */
  async reload(env: Record<string, string>, access: AccessOptions): Promise<void> {
    this.#access.replace(access)
    const initial = { ...this.#defaults, ...env }
    await this.#replaceFunctions(this.#variables.previewInitial(initial))
    this.#variables.replaceInitial(initial)
  }

  /**
   * Bundles the functions again and runs all live queries on them. The previous functions remain if
   * the new ones cannot be loaded.
   */
  async #replaceFunctions(variables: Record<string, string>): Promise<void> {
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
    await this.#replaceFunctions(this.#variables.preview(changes))
    this.#variables.save(changes)
  }

  /** Returns all data as an archive. */
  async exportData(includesFiles: boolean): Promise<Uint8Array> {
    await this.#runtime
    return createExport(this.#data, includesFiles).zip
  }

  /** Replaces all data with the contents of an archive. */
  async importData(archive: Uint8Array): Promise<void> {
    await this.#runtime
    try {
      await this.#imports.replaceAll(Buffer.from(archive))
    }
    catch (error) {
      throw testingError('IMPORT_FAILED', (error as Error).message, error)
    }
  }

  /** Deletes all data. */
  async wipe(): Promise<void> {
    const runtime = await this.#runtime
    runtime.wipe(this.#loaded.functions.crons)
  }

  get #systemQueryHost(): SystemQueryHost {
    return {
      data: () => this.#data,
      description: () => this.#loaded.functions.host.description,
      variables: () => this.#variables.all,
      urls: () => this.urls,
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
    return this.#connections.takeChanged()
  }

  async #accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // The client may disconnect while the functions are loaded.
    socket.on('error', () => {})
    const runtime = await this.#runtime
    if (!this.#ports.isListening) {
      socket.destroy()
      return
    }
    this.#connections.accept(request, socket, head, {
      runtime,
      authenticator: () => this.#loaded.authenticator,
      adminKey: this.#options.adminKey,
      log: entry => this.#log(entry),
    })
  }

  /**
   * The keys of the deployment's own Better Auth are read by a direct run of the HTTP action. A
   * request to the deployment's own port could fail, for example during a restart, and a user whose
   * token cannot be verified is signed out.
   */
  async #createAuthenticator({ authConfig }: Deployable): Promise<Authenticator> {
    return await Authenticator.create(authConfig, async (url, init) => {
      if (url === `${this.urls.url}${JWKS_PATH}`)
        return Response.json(this.#signingKey.jwks)
      const isOwn = new URL(url).origin === this.urls.siteUrl
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
    const closed = this.#ports.close()
    await this.#connections.terminateAll()
    await closed
  }
}

/** The error for a folder of data that the engine cannot open. */
function folderError(folder: string, cause: unknown): Error {
  if (cause instanceof FolderInUseError)
    return testingError('FOLDER_IN_USE', folder, cause)
  if (cause instanceof FolderFormatError)
    return testingError('DEPLOYMENT_FAILED', { folder, problem: 'otherVersion' }, cause)
  return testingError('DEPLOYMENT_FAILED', { folder, problem: 'unusable', message: (cause as Error).message }, cause)
}
