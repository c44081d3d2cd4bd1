/** The public exports of `convue/testing`, and the handle of a running deployment. */
import type { FunctionReference, FunctionReturnType, OptionalRestArgs } from 'convex/server'
import type { Value } from 'convex/values'
import type { ConvueError } from '../errors/convue-error.ts'
import type { RequestMessage, WorkerMessage, WorkerRequest } from './channel.ts'
import type { Identity } from './identity.ts'
import type { Connection, LogEntry } from './log.ts'
import type { FunctionKind } from './registered-function.ts'
import type { Outcome } from './runtime.ts'
import type { ServerUrls } from './server.ts'
import { watch } from 'node:fs'
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { getFunctionName } from 'convex/server'
import { ConvexError, convexToJson, jsonToConvex } from 'convex/values'
import { resolveAccess } from './access.ts'
import { deserializeError } from './channel.ts'
import { codegen } from './codegen.ts'
import { testingError } from './testing-error.ts'

export { codegen, type CodegenOptions } from './codegen.ts'
export type { Identity } from './identity.ts'
export type { Connection, LogEntry } from './log.ts'
export { type SignedUpUser, signUp, type SignUpOptions, type TestAuthClient } from './sign-up.ts'

/** A deployment that runs for days must not fill the memory. */
const KEPT_LOG_ENTRIES = 10_000

/** Options of {@link startDeployment}. */
export interface DeploymentOptions {
  /**
   * Path of the functions folder; a relative one starts at the working directory. @default
   * './convex'
   */
  functions?: string
  /**
   * The deployment's environment variables, the only ones that its functions see.
   * `CONVEX_CLOUD_URL` and `CONVEX_SITE_URL` are set by the deployment; `SITE_URL` is `siteUrl` and
   * `BETTER_AUTH_SECRET` is random if they are not given here.
   *
   * @default {}
   */
  env?: Record<string, string>
  /**
   * The app's own origin, which Better Auth takes for its base URL. @default
   * 'http://localhost:5173'
   */
  siteUrl?: string
  /**
   * Origins whose pages may use the deployment, besides `siteUrl` and those of this machine
   * (`http://localhost:3000`, for one), such as `http://192.168.1.5:5173`. Their host names count
   * as `allowedHosts` too. Requests for HTTP actions of pages of any other origin are refused as
   * well, unlike in production.
   *
   * @default []
   */
  allowedOrigins?: string[]
  /**
   * Names in `Host` that the deployment answers to, besides those of this machine and of the page,
   * such as `tunnel.example.com` for a proxy that passes the name on. Requests for other names are
   * refused, so that no site can make its own name mean this machine.
   *
   * @default []
   */
  allowedHosts?: string[]
  /** Where clients connect to; 0 takes any free port. @default 0 */
  port?: number
  /** Where HTTP actions are served; 0 takes any free port. @default 0 */
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

/** A running deployment. Every method rejects with `DEPLOYMENT_CLOSED` once it is closed. */
export interface Deployment {
  /** The address for `ConvexClient` and `ConvexHttpClient`. */
  readonly url: string
  /** The address of the HTTP actions, Better Auth among them. */
  readonly siteUrl: string
  /** The app's own origin, as the option `siteUrl` or the variable `SITE_URL` names it. */
  readonly appOrigin: string
  /**
   * What ran and what the sockets did, oldest first, at most the last 10,000 entries. It fills as
   * the deployment reports; awaiting any method, `settled` for one, brings it up to date. Setting
   * `length` to 0 clears it.
   */
  readonly log: LogEntry[]
  /** The live sockets with what they subscribe to; as up to date as `log`. */
  readonly connections: Connection[]
  /** Runs a query, public or internal. Rejects with what it throws. */
  query: <Query extends FunctionReference<'query', any>>(query: Query, ...args: [...OptionalRestArgs<Query>, options?: CallOptions]) => Promise<FunctionReturnType<Query>>
  /** Runs a mutation, public or internal. Rejects with what it throws. */
  mutation: <Mutation extends FunctionReference<'mutation', any>>(mutation: Mutation, ...args: [...OptionalRestArgs<Mutation>, options?: CallOptions]) => Promise<FunctionReturnType<Mutation>>
  /** Runs an action, public or internal. Rejects with what it throws. */
  action: <Action extends FunctionReference<'action', any>>(action: Action, ...args: [...OptionalRestArgs<Action>, options?: CallOptions]) => Promise<FunctionReturnType<Action>>
  /**
   * Resolves once no function runs, the scheduled ones that are due included, and every client has
   * been answered. An action that waits for a timer runs until the clock gets there.
   */
  settled: () => Promise<void>
  /** Drops every socket as a network does, without a goodbye; the clients may come back at once. */
  disconnectAll: () => Promise<void>
  /**
   * Sets the deployment's clock forward by `ms`. Timers, scheduled functions, crons and pings that
   * become due by it fire.
   */
  advanceClock: (ms: number) => Promise<void>
  /**
   * Stops and starts again on the same ports. The data and the ids of answered requests stay;
   * sockets and requests are cut off.
   */
  restart: () => Promise<void>
  /**
   * Loads the functions folder again, keeps the data, and runs all live queries again.
   *
   * @throws ConvueError `FUNCTIONS_INVALID` if the functions cannot be bundled; the previous ones
   *   stay.
   */
  reload: () => Promise<void>
  /** Frees the ports and the thread. Closing again does nothing. */
  close: () => Promise<void>
}

/**
 * Starts a Convex deployment inside of this process: the app's real functions and components, over
 * the real protocols, without an account or a network. Its data lives as long as it does. For tests
 * and development only: it neither isolates functions nor limits them.
 *
 * @throws ConvueError `PEER_MISSING`, `FUNCTIONS_INVALID`, `DEPLOYMENT_OPTION_INVALID`, or
 *   `DEPLOYMENT_FAILED` if a port is taken.
 * @example
 * const deployment = await startDeployment({ functions: './convex' })
 * await deployment.mutation(api.tasks.add, { text: 'Write a test' }, { identity: { subject: 'ada' } })
 * await deployment.close()
 */
export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const functions = resolve(options.functions ?? './convex')
  const siteUrl = options.siteUrl ?? 'http://localhost:5173'
  const access = resolveAccess({ siteUrl, allowedOrigins: options.allowedOrigins, allowedHosts: options.allowedHosts })
  if (options.watch)
    await codegen({ functions })
  const thread = new DeploymentThread(options.env ?? {})
  try {
    const urls = await thread.ask<ServerUrls>({
      type: 'start',
      options: { functions, siteUrl, access, port: options.port ?? 0, sitePort: options.sitePort ?? 0 },
    })
    const appOrigin = new URL(options.env?.SITE_URL ?? siteUrl).origin
    return createDeployment(thread, { ...urls, appOrigin }, options.watch ? functions : null)
  }
  catch (error) {
    await thread.terminate()
    throw error
  }
}

function createDeployment(thread: DeploymentThread, urls: ServerUrls & { appOrigin: string }, watched: string | null): Deployment {
  const run = (kind: FunctionKind) => async (reference: FunctionReference<any, any>, args: Record<string, Value> = {}, options: CallOptions = {}) => {
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
    close: () => closing ??= close(),
  }
}

/** The thread that a deployment runs in, seen from outside. */
class DeploymentThread {
  readonly log: LogEntry[] = []
  readonly connections = new Map<number, Connection>()
  readonly #worker: Worker
  readonly #pending = new Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>()
  #lastId = 0
  #ended: ConvueError | null = null

  constructor(env: Record<string, string>) {
    // Sources run as they are; the build puts the worker next to this module.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './testing-worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), { env, execArgv: [] })
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
 * What is written here is never a change of the functions: the generated types, and the bundles of
 * a folder with packages of its own.
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
      // The types of what cannot be loaded yet help to mend it, so the two steps do not depend on
      // each other.
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
