/** Runs functions in transactions: tries mutations again, and runs calls between functions. */
import type { CallArgs } from './call-args.ts'
import type { MutationRequest } from './call.ts'
import type { Data, DataTransaction } from './data.ts'
import type { Files } from './files.ts'
import type { FunctionPath } from './function-path.ts'
import type { CatalogFunction, FunctionsCatalog } from './functions-catalog.ts'
import type { HttpReply, HttpRequest } from './http-request.ts'
import type { Origin } from './invocation.ts'
import type { LoadedFunctions } from './loaded-functions.ts'
import type { Scheduler } from './scheduler.ts'
import type { SigningKey } from './signing-key.ts'
import type { NestedKind } from './syscall.ts'
import { ConflictError } from '../engine/conflict-error.ts'
import { FunctionInvoker } from './function-invoker.ts'
import { describeMissing } from './functions-catalog.ts'
import { findHttpTarget } from './http-routing.ts'
import { Execution, Invocation } from './invocation.ts'
import { MutationTries } from './mutation-tries.ts'

/** The parts of a deployment that running functions use. */
export interface RunnerHost {
  data: Data
  files: Files
  scheduler: Scheduler
  signingKey: SigningKey
  urls: () => { url: string, siteUrl: string }
}

/** A mutation that has been committed. */
export interface CommittedMutation {
  json: string
  ts: bigint
}

/** The steps before and after the function of a mutation, in the same transaction. */
export interface MutationSteps {
  /** Runs first in the transaction. The function does not run if the result is `false`. */
  begin?: (transaction: DataTransaction) => boolean
  /** Runs last in the transaction. */
  end?: (transaction: DataTransaction) => void
  /** The request whose answer is saved by the commit. */
  request?: MutationRequest | null
}

/** Runs the functions of a deployment. */
export class FunctionRunner {
  readonly #host: RunnerHost
  readonly #invoker: FunctionInvoker
  readonly #tries = new MutationTries()
  #functions: LoadedFunctions

  constructor(host: RunnerHost, functions: LoadedFunctions) {
    this.#host = host
    this.#functions = functions
    this.#invoker = new FunctionInvoker({
      ...host,
      requireFunction: path => void this.#requireExisting(path),
      runInTransaction: (caller, kind, path, args) => this.#runInTransaction(caller, kind, path, args),
      runForAction: (caller, kind, path, args) => this.#runForAction(caller, kind, path, args),
    }, () => this.#functions)
  }

  get catalog(): FunctionsCatalog {
    return this.#functions.catalog
  }

  replaceFunctions(functions: LoadedFunctions): void {
    this.#functions = functions
  }

  /**
   * Runs a query in the transaction of `execution`. `previousEnd` is the end of the page that the
   * query has read in its previous run.
   */
  async runQuery(
    execution: Execution,
    found: CatalogFunction,
    args: CallArgs,
    previousEnd: string | null,
  ): Promise<{ json: string, journal: string | null }> {
    const invocation = new Invocation(execution, found.path, found.kind, 1, previousEnd)
    const json = await this.#invoker.invoke(invocation, found, args)
    return { json, journal: invocation.journal.next }
  }

  /**
   * Runs a mutation, and runs it again if another mutation has changed data that it has read.
   *
   * @returns `null` if `steps.begin` has refused the run.
   */
  async runMutation(
    found: CatalogFunction,
    args: CallArgs,
    origin: Origin,
    logLines: string[],
    steps: MutationSteps = {},
  ): Promise<CommittedMutation | null> {
    return await this.#tries.run(() => this.#tryMutation(found, args, origin, logLines, steps))
  }

  async runAction(found: CatalogFunction, args: CallArgs, origin: Origin, logLines: string[]): Promise<string> {
    const invocation = new Invocation(new Execution(origin, null, logLines), found.path, 'action', 1)
    return await this.#invoker.invoke(invocation, found, args)
  }

  /** Runs the HTTP action that `http.ts` has for a request. */
  async runHttp(request: HttpRequest, pathname: string, origin: Origin, logLines: string[]): Promise<HttpReply> {
    const { host } = this.#functions
    const target = findHttpTarget(host.description, host.sources, request.method, pathname)
    if (!target)
      return { status: 404, headers: [], body: 'This Convex deployment does not have HTTP actions enabled.' }
    const { component, routePath } = target
    const execution = new Execution(origin, null, logLines)
    const invocation = new Invocation(execution, { component, module: 'http', name: 'default' }, 'httpAction', 1)
    return await this.#invoker.invokeHttp(invocation, routePath, request)
  }

  /** Runs a mutation in one transaction, without trying it again. */
  async #tryMutation(
    found: CatalogFunction,
    args: CallArgs,
    origin: Origin,
    logLines: string[],
    { begin, end, request }: MutationSteps,
  ): Promise<CommittedMutation | null> {
    const { data, scheduler } = this.#host
    // The console lines of an attempt that has met a conflict do not belong to the result of the
    // mutation.
    logLines.length = 0
    const transaction = data.begin(message => void logLines.push(`[WARN] ${message}`))
    try {
      if (begin && !begin(transaction))
        return null
      const execution = new Execution(origin, transaction, logLines)
      const json = await this.#invoker.invoke(new Invocation(execution, found.path, 'mutation', 1), found, args)
      end?.(transaction)
      const ts = data.commit(transaction, request && { request, json, logLines })
      execution.scheduled.forEach(job => scheduler.track(job))
      return { json, ts }
    }
    finally {
      data.end(transaction)
    }
  }

  async #runInTransaction(
    caller: Invocation,
    kind: NestedKind,
    target: FunctionPath,
    args: CallArgs,
  ): Promise<string> {
    if (kind === 'snapshotQuery')
      return await this.#runSnapshotQuery(caller, target, args)
    const { execution, path, depth } = caller
    const found = execution.functions!.catalog.requireForFunction(target, kind, path.component)
    const invocation = new Invocation(execution, found.path, kind, depth + 1)
    if (kind === 'query')
      return await this.#invoker.invoke(invocation, found, args)
    const scheduledBefore = execution.scheduled.length
    try {
      return await execution.transaction!.engine.nested(() => this.#invoker.invoke(invocation, found, args))
    }
    catch (error) {
      execution.scheduled.length = scheduledBefore
      throw error
    }
  }

  /** Reads the data with which a mutation has begun, in a transaction that causes no conflicts. */
  async #runSnapshotQuery(
    { execution, path, depth }: Invocation,
    target: FunctionPath,
    args: CallArgs,
  ): Promise<string> {
    const { data } = this.#host
    const { origin, logLines, rootId, functions } = execution
    const found = functions!.catalog.requireForFunction(target, 'query', path.component)
    const snapshot = { transaction: execution.transaction!.engine }
    const transaction = data.beginAt(snapshot, message => void execution.logLines.push(`[WARN] ${message}`))
    const own = Object.assign(new Execution(origin, transaction, logLines), { rootId, functions })
    try {
      return await this.#invoker.invoke(new Invocation(own, found.path, 'query', depth + 1), found, args)
    }
    finally {
      data.end(transaction)
    }
  }

  async #runForAction(
    { execution, path }: Invocation,
    kind: 'query' | 'mutation' | 'action',
    target: FunctionPath,
    args: CallArgs,
  ): Promise<string> {
    const { origin, logLines } = execution
    const found = this.catalog.requireForFunction(target, kind, path.component)
    switch (kind) {
      case 'query':
        return await this.#runQueryForAction(found, args, execution)
      case 'mutation': {
        const lines: string[] = []
        try {
          return (await this.runMutation(found, args, origin, lines))!.json
        }
        finally {
          logLines.push(...lines)
        }
      }
      case 'action':
        return await this.runAction(found, args, origin, logLines)
      default:
        return kind satisfies never
    }
  }

  async #runQueryForAction(found: CatalogFunction, args: CallArgs, { origin, logLines }: Execution): Promise<string> {
    const { data } = this.#host
    for (;;) {
      const transaction = data.begin(message => void logLines.push(`[WARN] ${message}`))
      try {
        const own = new Execution(origin, transaction, logLines)
        return await this.#invoker.invoke(new Invocation(own, found.path, 'query', 1), found, args)
      }
      catch (error) {
        if (!(error instanceof ConflictError))
          throw error
      }
      finally {
        data.end(transaction)
      }
    }
  }

  #requireExisting(path: FunctionPath): void {
    if (!this.catalog.lookup(path))
      throw new Error(describeMissing(path))
  }
}
