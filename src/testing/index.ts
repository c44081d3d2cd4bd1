/** The public exports of `convue/testing`, and the handle of a running deployment. */
import type { FunctionReference, FunctionReturnType, OptionalRestArgs } from 'convex/server'
import type { Value } from 'convex/values'
import type { ConvueError } from '../errors/convue-error.ts'
import type { Identity } from './identity.ts'
import type { Connection, LogEntry } from './log.ts'
import type { Outcome } from './runtime/call.ts'
import type { FunctionKind } from './runtime/functions-catalog.ts'
import type { ServerUrls } from './server/server.ts'
import type { EntryData, RequestMessage, WorkerMessage, WorkerRequest } from './thread/channel.ts'
import { watch } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { getFunctionName } from 'convex/server'
import { ConvexError, convexToJson, jsonToConvex } from 'convex/values'
import { createAdminKey, findFunctions, readVariables } from './app-settings.ts'
import { codegen } from './codegen.ts'
import { resolveAccess } from './server/access.ts'
import { testingError } from './testing-error.ts'
import { deserializeError } from './thread/channel.ts'

export { codegen, type CodegenOptions } from './codegen.ts'
export type { Identity } from './identity.ts'
export type { Connection, LogEntry } from './log.ts'
export { type SignedUpUser, signUp, type SignUpOptions, type TestAuthClient } from './sign-up.ts'

/** Limits the memory of a deployment that runs for days. */
const KEPT_LOG_ENTRIES = 10_000

/** Options of {@link startDeployment}. */
export interface DeploymentOptions {
  /**
   * Path of the functions folder. A relative path is resolved from the working directory. @default
   * the path in `convex.json`, or './convex'
   */
  functions?: string
  /**
   * The deployment's environment variables, the only ones that its functions see. The deployment
   * sets `CONVEX_CLOUD_URL` and `CONVEX_SITE_URL`. Unless they are set here, `SITE_URL` is
   * `siteUrl`, and `BETTER_AUTH_SECRET` is random. They are added to the variables in the file
   * `.env` of the functions folder.
   *
   * @default {}
   */
  env?: Record<string, string>
  /**
   * The app's own origin, which Better Auth uses as its base URL. @default 'http://localhost:5173'
   */
  siteUrl?: string
  /**
   * Further origins whose pages may use the deployment, such as `http://192.168.1.5:5173`.
   * `siteUrl` and the origins of this machine (`http://localhost:3000`, for example) are always
   * allowed. The host names of these origins are also `allowedHosts`. Unlike in production, HTTP
   * actions refuse requests of pages of any other origin.
   *
   * @default []
   */
  allowedOrigins?: string[]
  /**
   * Further host names that a request may have in its `Host` header, such as `tunnel.example.com`
   * if a proxy forwards this name. The names of this machine and of the page are always allowed.
   * Requests with other names are refused, so that a site cannot reach the deployment with a name
   * that it resolves to this machine.
   *
   * @default []
   */
  allowedHosts?: string[]
  /**
   * The folder that keeps the data, such as `./.convex-local`: documents, files, scheduled
   * functions and answered mutations. A relative path is resolved from the working directory. Only
   * one deployment can use a folder at a time. @default the data is in memory
   */
  data?: string
  /**
   * What happens when a function exceeds a limit of Convex. `enforce` fails the function with
   * Convex's words, `warn` adds a line to the function's log, and `false` ignores the limits.
   *
   * @default 'enforce'
   */
  limits?: 'enforce' | 'warn' | false
  /**
   * What clients see of an error. `development` shows the message and the place in the functions,
   * as a development deployment of Convex does. `production` shows only "Server Error" and the data
   * of a `ConvexError`, and no lines of the console.
   *
   * @default 'development'
   */
  errors?: 'development' | 'production'
  /**
   * The key with which Convex's command line manages the deployment. The key gives access to all
   * data and all functions. @default a random key, which the folder of `data` keeps
   */
  adminKey?: string
  /** The port to which clients connect; with 0, any free port. @default 0 */
  port?: number
  /** The port of the HTTP actions; with 0, any free port. @default 0 */
  sitePort?: number
  /**
   * For development: writes `_generated/` as `codegen` does, and, whenever a file of the folder
   * changes, writes it again and reloads the functions. Files that cannot be loaded are reported on
   * stderr.
   *
   * @default false
   */
  watch?: boolean
}

/** Options of a call by a test. */
export interface CallOptions {
  /** The identity that the function runs as. @default null, anonymous */
  identity?: Identity
}

/**
 * A running deployment. Every method rejects with `DEPLOYMENT_CLOSED` once the deployment is
 * closed.
 */
export interface Deployment {
  /** The address for `ConvexClient` and `ConvexHttpClient`. */
  readonly url: string
  /** The address of the HTTP actions, which include Better Auth. */
  readonly siteUrl: string
  /** The app's own origin, from the variable `SITE_URL` or the option `siteUrl`. */
  readonly appOrigin: string
  /**
   * The key for Convex's command line, with the address `url`: `npx convex run --url … --admin-key
   * …`. From the option `adminKey`, or random.
   */
  readonly adminKey: string
  /**
   * The functions that ran and the events of the sockets, oldest first, at most the last 10,000
   * entries. The log is complete after any method of the deployment, such as `settled`, has been
   * awaited. Setting `length` to 0 clears the log.
   */
  readonly log: LogEntry[]
  /** The open sockets with their subscriptions. As complete as `log`. */
  readonly connections: Connection[]
  /** Runs a query, public or internal. Rejects with the error of the function. */
  query: <Query extends FunctionReference<'query', any>>(
    query: Query,
    ...args: [...OptionalRestArgs<Query>, options?: CallOptions]
  ) => Promise<FunctionReturnType<Query>>
  /** Runs a mutation, public or internal. Rejects with the error of the function. */
  mutation: <Mutation extends FunctionReference<'mutation', any>>(
    mutation: Mutation,
    ...args: [...OptionalRestArgs<Mutation>, options?: CallOptions]
  ) => Promise<FunctionReturnType<Mutation>>
  /** Runs an action, public or internal. Rejects with the error of the function. */
  action: <Action extends FunctionReference<'action', any>>(
    action: Action,
    ...args: [...OptionalRestArgs<Action>, options?: CallOptions]
  ) => Promise<FunctionReturnType<Action>>
  /**
   * Resolves once no function runs, no scheduled function is due, and every client has received its
   * answers. An action that waits for a timer counts as running until the clock reaches the time of
   * this timer.
   */
  settled: () => Promise<void>
  /**
   * Drops every socket without a close frame, as a failing network does. The clients may reconnect
   * at once.
   */
  disconnectAll: () => Promise<void>
  /**
   * Sets the deployment's clock forward by `ms`. Timers, scheduled functions, crons and pings that
   * are then due fire.
   */
  advanceClock: (ms: number) => Promise<void>
  /**
   * Stops and starts again on the same ports. Keeps the data and the ids of answered requests, and
   * drops all sockets and requests.
   */
  restart: () => Promise<void>
  /**
   * Loads the functions folder again, keeps the data, and runs all live queries again.
   *
   * @throws ConvueError `FUNCTIONS_INVALID` if the functions cannot be bundled. The previous
   * functions then remain.
   */
  reload: () => Promise<void>
  /**
   * Sets an environment variable, or removes it with `null`. The functions and `auth.config` are
   * evaluated again, and all live queries run again. With the option `data`, the change is kept.
   *
   * @throws ConvueError `FUNCTIONS_INVALID` if `auth.config` needs a variable that is removed. The
   * variables then remain as they were.
   */
  setEnv: (name: string, value: string | null) => Promise<void>
  /** Frees the ports and the thread. Closing again does nothing. */
  close: () => Promise<void>
}

/**
 * Starts a Convex deployment inside this process. It runs the app's real functions and components
 * over the real protocols, without an account or a network. The data exists until the deployment is
 * closed, unless `data` names a folder. For tests and development only.
 *
 * @throws ConvueError `NODE_UNSUPPORTED`, `PEER_MISSING`, `FUNCTIONS_INVALID`,
 * `DEPLOYMENT_OPTION_INVALID`, or `DEPLOYMENT_FAILED` if a port is taken.
 * @example
 * const deployment = await startDeployment({ functions: './convex' })
 * const asAda = { identity: { subject: 'ada' } }
 * await deployment.mutation(api.tasks.add, { text: 'Write a test' }, asAda)
 * await deployment.close()
 */
export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  requireNode()
  const functions = findFunctions(options.functions)
  const data = options.data === undefined ? null : resolve(options.data)
  const env = { ...readVariables(functions), ...options.env }
  const siteUrl = options.siteUrl ?? 'http://localhost:5173'
  const adminKey = options.adminKey ?? createAdminKey(data)
  const access = resolveAccess({ siteUrl, allowedOrigins: options.allowedOrigins, allowedHosts: options.allowedHosts })
  if (options.watch)
    await codegen({ functions })
  const thread = new DeploymentThread({ limits: options.limits ?? 'enforce' })
  try {
    const urls = await thread.ask<ServerUrls>({
      type: 'start',
      options: {
        functions,
        siteUrl,
        access,
        port: options.port ?? 0,
        sitePort: options.sitePort ?? 0,
        env,
        limits: options.limits ?? 'enforce',
        errors: options.errors ?? 'development',
        adminKey,
        data,
      },
    })
    const appOrigin = new URL(env.SITE_URL ?? siteUrl).origin
    return createDeployment(thread, { ...urls, appOrigin, adminKey }, options.watch ? functions : null)
  }
  catch (error) {
    await thread.terminate()
    throw error
  }
}

/** Node has SQLite without a flag since this version. */
function requireNode(version = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 13))
    throw testingError('NODE_UNSUPPORTED', { version })
}

function createDeployment(
  thread: DeploymentThread,
  urls: ServerUrls & Pick<Deployment, 'appOrigin' | 'adminKey'>,
  watched: string | null,
): Deployment {
  const run = (kind: FunctionKind) => async (
    reference: FunctionReference<any, any>,
    args: Record<string, Value> = {},
    options: CallOptions = {},
  ) => {
    const call = { name: getFunctionName(reference), args: convexToJson(args), identity: options.identity ?? null }
    return decodeOutcome(await thread.ask<Outcome>({ type: 'run', kind, call }))
  }
  const reload = (): Promise<void> => thread.ask<void>({ type: 'reload' })
  const stopWatching = watched === null ? () => {} : watchFolder(watched, reload)
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    stopWatching()
    await thread.ask({ type: 'close' })
    await thread.terminate()
  }
  return {
    ...urls,
    log: thread.log,
    get connections() {
      return [...thread.connections.values()]
    },
    query: run('query') as Deployment['query'],
    mutation: run('mutation') as Deployment['mutation'],
    action: run('action') as Deployment['action'],
    settled: () => thread.ask({ type: 'settled' }),
    disconnectAll: () => thread.ask({ type: 'disconnectAll' }),
    advanceClock: ms => thread.ask({ type: 'advanceClock', ms }),
    restart: () => thread.ask({ type: 'restart' }),
    reload,
    setEnv: (name, value) => thread.ask({ type: 'setEnv', name, value }),
    close: () => closing ??= close(),
  }
}

/** The main thread's handle of the thread in which a deployment runs. */
class DeploymentThread {
  readonly log: LogEntry[] = []
  readonly connections = new Map<number, Connection>()
  readonly #worker: Worker
  readonly #pending = new Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>()
  #lastId = 0
  #ended: ConvueError | null = null

  constructor(data: EntryData) {
    // Sources run as they are; the build puts the worker next to this module.
    const file = import.meta.url.endsWith('.ts') ? './thread/entry.ts' : './testing-worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), { env: {}, execArgv: [], workerData: data })
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message))
    this.#worker.on('error', cause => this.#end(testingError('DEPLOYMENT_FAILED', { stopped: cause.message }, cause)))
    this.#worker.on('exit', () => this.#end(testingError('DEPLOYMENT_CLOSED')))
  }

  async ask<Answer>(request: WorkerRequest): Promise<Answer> {
    if (this.#ended)
      throw this.#ended
    const id = ++this.#lastId
    return await new Promise<Answer>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#worker.postMessage({ id, request } satisfies RequestMessage)
    })
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #receive(message: WorkerMessage): void {
    switch (message.type) {
      case 'answer':
        return this.#settle(message.id)?.resolve(message.value)
      case 'failure':
        return this.#settle(message.id)?.reject(deserializeError(message.error))
      case 'events':
        this.log.push(...message.log)
        this.log.splice(0, this.log.length - KEPT_LOG_ENTRIES)
        for (const [id, connection] of message.connections) {
          if (connection)
            this.connections.set(id, connection)
          else
            this.connections.delete(id)
        }
        return
      default:
        message satisfies never
    }
  }

  #settle(id: number): { resolve: (value: any) => void, reject: (error: Error) => void } | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  #end(error: ConvueError): void {
    this.#ended ??= error
    this.#pending.forEach(({ reject }) => reject(this.#ended!))
    this.#pending.clear()
  }
}

function decodeOutcome(outcome: Outcome): any {
  if (outcome.status === 'success')
    return jsonToConvex(outcome.value)
  if (outcome.data === undefined)
    throw new Error(outcome.message)
  throw Object.assign(new ConvexError(outcome.message), { data: jsonToConvex(outcome.data) })
}

/**
 * Folders in which a change is never a change of the functions: the generated types, and the
 * bundles, which are written into `node_modules`.
 */
const UNWATCHED = /(?:^|[\\/])(?:_generated|node_modules)(?:[\\/]|$)/

/** Editors write a file in several steps; one reload follows all of them. */
function watchFolder(functions: string, reload: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined
  let update = Promise.resolve()
  const watcher = watch(functions, { recursive: true }, (_, file) => {
    if (file && UNWATCHED.test(file))
      return
    clearTimeout(timer)
    timer = setTimeout(() => {
      // New types help to correct functions that cannot be loaded, so `reload` and `codegen` do not
      // depend on each other.
      update = update.then(() => codegen({ functions })).catch(report).then(reload).catch(report)
    }, 50)
  })
  return () => {
    clearTimeout(timer)
    watcher.close()
  }
}

function report(error: unknown): void {
  console.error(String(error))
}
