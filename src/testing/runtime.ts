/** Runs the functions of a deployment: checks, error mapping, scheduled functions. */
import type { HttpRouter, RoutableMethod } from 'convex/server'
import type { JSONValue, Value } from 'convex/values'
import type { LoadedFunctions } from './bundle.ts'
import type { DatabaseHost } from './database.ts'
import type { Failure } from './failure.ts'
import type { Identity } from './identity.ts'
import type { LogEntry } from './log.ts'
import type { FunctionKind, RegisteredFunction } from './registered-function.ts'
import type { ReadSet } from './tracking.ts'
import { Buffer } from 'node:buffer'
import { convexToJson, jsonToConvex } from 'convex/values'
import { Database } from './database.ts'
import { Execution } from './execution.ts'
import { describeFailure, RefusedCall } from './failure.ts'
import { isRegisteredFunction, kindOf } from './registered-function.ts'

/** A call of a function from outside the deployment. */
export interface Call {
  name: string
  /** Arguments in Convex's JSON encoding: an object, or a list that contains this object. */
  args: JSONValue
  identity: Identity
  /** The socket on which the call arrived; `null` for HTTP and for a test's own calls. */
  connection: number | null
  /** Clients may only call public functions. Tests and crons (`trusted`) may call all functions. */
  caller: 'client' | 'trusted'
}

/** How a function ended, in Convex's JSON encoding. */
export type Outcome = { status: 'success', value: JSONValue } | Failure

/** A query that a snapshot runs. */
export interface QueryRun {
  call: Omit<Call, 'identity'>
  /** Where the page of the previous run ended. */
  journal: string | null
  settle: (result: { outcome: Outcome, reads: ReadSet, journal: string | null }) => void
}

/** The events that the runtime reports, and the addresses that it needs. */
export interface RuntimeHost extends Pick<DatabaseHost, 'onCommit' | 'fileUrl' | 'uploadUrl'> {
  log: (entry: Omit<LogEntry, 'at'>) => void
}

/** Larger arguments are refused. */
const MAX_ARGS_BYTES = 16 * 2 ** 20

/**
 * Runs the functions of one deployment: finds a function, checks whether the caller may call it,
 * and determines the caller's answer and the entry of the log.
 */
export class Runtime {
  #functions: LoadedFunctions
  #database!: Database
  #running = 0
  readonly #host: RuntimeHost

  static async start(functions: LoadedFunctions, host: RuntimeHost): Promise<Runtime> {
    const runtime = new Runtime(functions, host)
    runtime.#database = await Database.open(functions.components, {
      ...host,
      onScheduledRun: ({ kind, name, args, error }) => {
        const outcome: Outcome = error === null ? { status: 'success', value: null } : runtime.#describe(error)
        runtime.#log(kind, { name, connection: null }, args, null, outcome)
      },
    })
    return runtime
  }

  private constructor(functions: LoadedFunctions, host: RuntimeHost) {
    this.#functions = functions
    this.#host = host
  }

  get database(): Database {
    return this.#database
  }

  /** Whether no function runs that a client or a test has called. */
  get isIdle(): boolean {
    return this.#running === 0
  }

  /** The default export of a module of the app, if there is such a module. */
  defaultExport(module: string): unknown {
    return this.#functions.components[0]!.loaded.get(module)?.default
  }

  /** Replaces the functions, and keeps the data. */
  async replaceFunctions(functions: LoadedFunctions): Promise<void> {
    await this.#database.replaceFunctions(functions.components)
    this.#functions = functions
  }

  async query(call: Call): Promise<Outcome> {
    let outcome: Outcome | undefined
    await this.snapshot(call.identity, () => [{ call, journal: null, settle: result => outcome = result.outcome }])
    return outcome!
  }

  /**
   * Runs queries on one snapshot. `collect` is called when the snapshot is taken, and each query is
   * settled before the snapshot ends.
   *
   * @returns the snapshot's timestamp.
   */
  async snapshot(identity: Identity, collect: () => Iterable<QueryRun>): Promise<bigint> {
    return await this.#database.snapshot(identity, async (run) => {
      for (const { call, journal, settle } of collect()) {
        const execution = new Execution(journal)
        const outcome = await this.#execute('query', { ...call, identity }, execution, args => run(call.name, args, execution))
        settle({ outcome, reads: execution.reads, journal: execution.endCursor })
      }
    })
  }

  /**
   * @returns the outcome, and the timestamp of the commit; `null` if the mutation was not
   * committed.
   */
  async mutation(call: Call): Promise<{ outcome: Outcome, ts: bigint | null }> {
    const execution = new Execution()
    const outcome = await this.#execute('mutation', call, execution, args => this.#database.mutation(call.identity, call.name, args, execution))
    return { outcome, ts: execution.commitTs }
  }

  async action(call: Call): Promise<Outcome> {
    const execution = new Execution()
    return await this.#execute('action', call, execution, args => this.#database.action(call.identity, call.name, args, execution))
  }

  /** Runs a query, a mutation or an action. */
  async run(call: Call): Promise<Outcome> {
    switch (this.#kindOf(call.name)) {
      case 'mutation':
        return (await this.mutation(call)).outcome
      case 'action':
        return await this.action(call)
      default:
        return await this.query(call)
    }
  }

  /** Answers a request with the matching route of `http.ts`. */
  async http(request: Request, identity: Identity): Promise<Response> {
    const { pathname } = new URL(request.url)
    this.#running += 1
    const response = await this.#route(request, pathname, identity).finally(() => this.#running -= 1)
    this.#host.log({
      kind: 'http',
      name: `${request.method} ${pathname}`,
      args: null,
      subject: identity?.subject ?? null,
      connection: null,
      outcome: response.status < 400 ? 'success' : 'error',
      detail: String(response.status),
    })
    return response
  }

  async #route(request: Request, pathname: string, identity: Identity): Promise<Response> {
    const router = this.defaultExport('http') as HttpRouter | undefined
    if (!router)
      return new Response('This Convex deployment does not have HTTP actions enabled.', { status: 404 })
    const route = router.lookup(pathname, request.method as RoutableMethod)
    if (!route)
      return new Response('No matching routes found', { status: 404 })
    const action = route[0] as unknown as { _handler: (ctx: unknown, request: Request) => Promise<Response> }
    try {
      return await this.#database.httpAction(identity, async ctx => await action._handler(ctx, request))
    }
    catch (error) {
      const { message, data } = this.#describe(error)
      return Response.json({ code: message, trace: message, ...(data === undefined ? {} : { data }) }, { status: 500 })
    }
  }

  async #execute(kind: FunctionKind, call: Call, execution: Execution, run: (args: Record<string, Value>) => Promise<Value>): Promise<Outcome> {
    let args: Record<string, Value> | null = null
    let outcome: Outcome
    this.#running += 1
    try {
      this.#assertCallable(kind, call)
      args = decodeArgs(call)
      const value = convexToJson(await run(args) ?? null)
      outcome = { status: 'success', value }
    }
    catch (error) {
      // The error that convex-test throws no longer has the class and the stack of the original
      // error.
      outcome = this.#describe(execution.thrown ?? error)
    }
    finally {
      this.#running -= 1
    }
    this.#log(kind, call, args, call.identity, outcome)
    return outcome
  }

  #assertCallable(kind: FunctionKind, { name, caller }: Call): void {
    const registered = this.#lookup(name)
    if (!registered || (caller === 'client' && !registered.isPublic))
      throw new RefusedCall(`Could not find public function for '${name}'. Did you forget to run \`npx convex dev\` or \`npx convex deploy\`?`)
    const actual = kindOf(registered)
    if (actual !== kind)
      throw new RefusedCall(`Trying to execute ${name} as ${capitalize(kind)}, but it is defined as ${capitalize(actual)}.`)
  }

  #kindOf(name: string): FunctionKind | undefined {
    const registered = this.#lookup(name)
    return registered && kindOf(registered)
  }

  #lookup(name: string): RegisteredFunction | undefined {
    const [module, exported = 'default'] = name.split(':') as [string, string?]
    const value = this.#functions.components[0]!.loaded.get(module)?.[exported]
    return isRegisteredFunction(value) ? value : undefined
  }

  #describe(error: unknown): Failure {
    return describeFailure(error, this.#functions.components[0]!.directory)
  }

  #log(kind: FunctionKind, { name, connection }: Pick<Call, 'name' | 'connection'>, args: unknown, identity: Identity, outcome: Outcome): void {
    this.#host.log({
      kind,
      name,
      args,
      subject: identity?.subject ?? null,
      connection,
      outcome: outcome.status,
      detail: outcome.status === 'error' ? outcome.message : null,
    })
  }
}

function decodeArgs({ name, args }: Call): Record<string, Value> {
  const [encoded, ...more] = Array.isArray(args) ? args : [args]
  if (more.length > 0 || typeof (encoded ?? {}) !== 'object' || Array.isArray(encoded))
    throw new RefusedCall(`Invalid arguments for ${name}: they must be one object.`)
  const size = Buffer.byteLength(JSON.stringify(encoded ?? {}))
  if (size > MAX_ARGS_BYTES)
    throw new RefusedCall(`Arguments for ${name} are too large (actual: ${size} bytes, limit: ${MAX_ARGS_BYTES} bytes).`)
  try {
    return jsonToConvex(encoded ?? {}) as Record<string, Value>
  }
  catch (error) {
    throw new RefusedCall(`Invalid arguments for ${name}: ${(error as Error).message}`)
  }
}

function capitalize(kind: FunctionKind): string {
  return kind[0]!.toUpperCase() + kind.slice(1)
}
