/** Runs functions in their threads: transactions, retries, nested calls and system calls. */
import type { JSONValue } from 'convex/values'
import type { CallOutcome, SyscallAnswer } from '../functions/messages.ts'
import type { Syscall as RequestedSyscall, SyscallHandler } from '../functions/syscall-handler.ts'
import type { MutationRequest } from './call.ts'
import type { Data, DataTransaction } from './data.ts'
import type { Files } from './files.ts'
import type { FunctionPath } from './function-path.ts'
import type { CatalogFunction, FunctionKind, FunctionsCatalog } from './functions-catalog.ts'
import type { HttpReply, HttpRequest } from './http-request.ts'
import type { Origin } from './invocation.ts'
import type { LoadedFunctions } from './loaded-functions.ts'
import type { Scheduler } from './scheduler.ts'
import type { SigningKey } from './signing-key.ts'
import type { NestedKind, SyscallHost, SyscallResult } from './syscall.ts'
import type { SyscallForm } from './system-calls.ts'
import { basename, sep } from 'node:path'
import process from 'node:process'
import { jsonToConvex } from 'convex/values'
import { ConflictError } from '../engine/conflict-error.ts'
import { checkArguments, checkResult as checkResultLimits, VALUE_LIMITS, warnOfSize } from '../engine/value-limits.ts'
import { clock } from './clock.ts'
import { describeForCaller, FunctionError } from './failure.ts'
import { printFunctionName, printModulePath } from './function-path.ts'
import { checkArgs, checkResult, describeMissing } from './functions-catalog.ts'
import { findHttpTarget } from './http-routing.ts'
import { Execution, Invocation } from './invocation.ts'
import { MutationTries } from './mutation-tries.ts'
import { Bytes, EncodedJson, Rows } from './syscall.ts'
import { findSyscall } from './system-calls.ts'

/** A shorter text with fewer brackets cannot exceed Convex's limits of arguments and results. */
const UNCHECKED_LENGTH = 4096

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
  readonly #syscallHost: SyscallHost
  readonly #tries = new MutationTries()
  #functions: LoadedFunctions

  constructor(host: RunnerHost, functions: LoadedFunctions) {
    this.#host = host
    this.#functions = functions
    this.#syscallHost = {
      ...host,
      requireFunction: path => void this.#requireExisting(path),
      runInTransaction: (caller, kind, path, args) => this.#runInTransaction(caller, kind, path, args),
      runForAction: (caller, kind, path, args) => this.#runForAction(caller, kind, path, args),
    }
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
    args: JSONValue,
    previousEnd: string | null,
  ): Promise<{ json: string, journal: string | null }> {
    const invocation = new Invocation(execution, found.path, found.kind, 1, previousEnd)
    const json = await this.#invoke(invocation, found, args)
    return { json, journal: invocation.journal.next }
  }

  /**
   * Runs a mutation, and tries it again if another mutation has changed what it has read.
   *
   * @returns `null` if `steps.begin` has refused the run.
   */
  async runMutation(
    found: CatalogFunction,
    args: JSONValue,
    origin: Origin,
    logLines: string[],
    steps: MutationSteps = {},
  ): Promise<CommittedMutation | null> {
    return await this.#tries.run(() => this.#tryMutation(found, args, origin, logLines, steps))
  }

  async runAction(found: CatalogFunction, args: JSONValue, origin: Origin, logLines: string[]): Promise<string> {
    const invocation = new Invocation(new Execution(origin, null, logLines), found.path, 'action', 1)
    return await this.#invoke(invocation, found, args)
  }

  /** Runs the HTTP action that `http.ts` has for a request. */
  async runHttp(request: HttpRequest, pathname: string, origin: Origin, logLines: string[]): Promise<HttpReply> {
    const { url, method, headers, body } = request
    const { host } = this.#functions
    const target = findHttpTarget(host.description, host.sources, method, pathname)
    if (!target)
      return { status: 404, headers: [], body: 'This Convex deployment does not have HTTP actions enabled.' }
    const { component, routePath } = target
    const execution = new Execution(origin, null, logLines)
    const invocation = new Invocation(execution, { component, module: 'http', name: 'default' }, 'httpAction', 1)
    const running = host.invoke({
      kind: 'httpAction',
      component,
      routePath,
      request: { url, method, headers, body: body && toStream(body) },
      requestId: origin.requestId,
      now: clock.now(),
      seed: newSeed(),
    }, this.#handlerOf(invocation))
    execution.rootId = running.callId
    const { outcome } = await running.result
    switch (outcome.status) {
      case 'responded':
        return outcome.response
      case 'noRoute':
        return { status: 404, headers: [], body: 'No matching routes found' }
      default:
        throw errorOf(outcome, this.#functions.directory)
    }
  }

  /** Runs a mutation in one transaction, without trying it again. */
  async #tryMutation(
    found: CatalogFunction,
    args: JSONValue,
    origin: Origin,
    logLines: string[],
    { begin, end, request }: MutationSteps,
  ): Promise<CommittedMutation | null> {
    const { data, scheduler } = this.#host
    // The lines of a try that has met a conflict are not those of the mutation.
    logLines.length = 0
    const transaction = data.begin(message => void logLines.push(`[WARN] ${message}`))
    try {
      if (begin && !begin(transaction))
        return null
      const execution = new Execution(origin, transaction, logLines)
      const json = await this.#invoke(new Invocation(execution, found.path, 'mutation', 1), found, args)
      end?.(transaction)
      const ts = data.commit(transaction, request && { request, json, logLines })
      execution.scheduled.forEach(job => scheduler.track(job))
      return { json, ts }
    }
    finally {
      data.end(transaction)
    }
  }

  /** Runs a function, checks its arguments and its result, and returns the result as JSON. */
  async #invoke(invocation: Invocation, found: CatalogFunction, args: JSONValue): Promise<string> {
    const { execution, path: { component, module, name } } = invocation
    const { data } = this.#host
    const tableOf = (id: string): string | undefined => data.tableOf(component, id)
    const policy = execution.transaction?.policy ?? data.limitPolicy(message => this.#warn(execution, message))
    const subject = found.kind === 'action' ? 'action' : 'function'
    let argsSize = 0
    if (found.args || mayExceedLimits(JSON.stringify(args))) {
      const decoded = jsonToConvex(args)
      argsSize = checkArguments(printModulePath(found.path), decoded, policy)
      checkArgs(found, decoded, tableOf)
    }
    try {
      const outcome = await this.#call(invocation, name, module, args)
      if (execution.conflict)
        throw execution.conflict
      if (outcome.status !== 'success')
        throw errorOf(outcome, this.#functions.directory)
      if (found.returns || mayExceedLimits(outcome.json)) {
        const decoded = jsonToConvex(JSON.parse(outcome.json))
        const size = checkResultLimits(printModulePath(found.path), decoded, policy)
        checkResult(found, decoded, tableOf)
        warnOfSize(`Large size of the ${subject} return value`, size, policy)
      }
      return outcome.json
    }
    finally {
      // As on Convex, the warnings follow the function's own lines, also after a failure.
      warnOfSize(`Large size of the ${subject} arguments`, argsSize, policy)
      if (invocation.depth === 1)
        execution.transaction?.meter.warnOfNearLimits()
    }
  }

  async #call(invocation: Invocation, name: string, module: string, args: JSONValue): Promise<CallOutcome> {
    const { execution, kind, path: { component } } = invocation
    execution.functions ??= this.#functions
    const { origin, transaction, rootId, functions } = execution
    const running = functions.host.invoke({
      kind: kind as FunctionKind,
      component,
      module,
      export: name,
      argsJson: JSON.stringify([args]),
      requestId: origin.requestId,
      now: transaction?.beginTime ?? clock.now(),
      seed: newSeed(),
      ...(rootId === 0 ? {} : { rootId }),
    }, this.#handlerOf(invocation))
    if (rootId === 0)
      execution.rootId = running.callId
    const { outcome, readsTime } = await running.result
    execution.readsTime ||= readsTime
    // The thread was ended because of another call. The transaction begins again.
    if (outcome.status === 'interrupted')
      throw execution.conflict = new ConflictError()
    return outcome
  }

  #handlerOf(invocation: Invocation): SyscallHandler {
    return {
      syscall: syscall => this.#inOrder(invocation, () => this.#answer(invocation, syscall)),
      syncSyscall: syscall => encodeAnswer(this.#perform(invocation, syscall, 'sync') as SyscallResult),
      closeQuery: queryId => void invocation.streams.delete(queryId),
      onLog: ({ text }) => this.#log(invocation, text),
    }
  }

  /**
   * Runs the system calls of a transaction one after the other, since a nested mutation can be
   * rolled back.
   */
  async #inOrder(invocation: Invocation, run: () => SyscallAnswer | Promise<SyscallAnswer>): Promise<SyscallAnswer> {
    if (!invocation.execution.transaction)
      return await run()
    const answer = invocation.queue ? invocation.queue.then(run) : run()
    if (!(answer instanceof Promise))
      return answer
    const queue = answer.finally(() => {
      if (invocation.queue === queue)
        invocation.queue = null
    })
    invocation.queue = queue
    return await answer
  }

  #answer(invocation: Invocation, syscall: RequestedSyscall): SyscallAnswer | Promise<SyscallAnswer> {
    const fail = (error: unknown): SyscallAnswer => this.#describe(invocation, error)
    try {
      const form = syscall.operation.startsWith('storage/') ? 'js' : 'async'
      const result = this.#perform(invocation, syscall, form)
      if (result instanceof Promise)
        return result.then(encodeAnswer, fail)
      return encodeAnswer(result)
    }
    catch (error) {
      return fail(error)
    }
  }

  #perform(
    invocation: Invocation,
    { operation, json, bytes }: RequestedSyscall,
    form: SyscallForm,
  ): SyscallResult | Promise<SyscallResult> {
    const syscall = findSyscall(operation, form, invocation.kind)
    return syscall(invocation, JSON.parse(json), this.#syscallHost, bytes)
  }

  #describe({ execution }: Invocation, error: unknown): SyscallAnswer {
    if (error instanceof ConflictError)
      execution.conflict = error
    const { message, data } = describeForCaller(error)
    return { ok: false, message, ...data !== undefined && { dataJson: JSON.stringify(data) } }
  }

  async #runInTransaction(
    caller: Invocation,
    kind: NestedKind,
    target: FunctionPath,
    args: JSONValue,
  ): Promise<string> {
    if (kind === 'snapshotQuery')
      return await this.#runSnapshotQuery(caller, target, args)
    const { execution, path, depth } = caller
    const found = execution.functions!.catalog.requireForFunction(target, kind, path.component)
    const invocation = new Invocation(execution, found.path, kind, depth + 1)
    if (kind === 'query')
      return await this.#invoke(invocation, found, args)
    const scheduledBefore = execution.scheduled.length
    try {
      return await execution.transaction!.engine.nested(() => this.#invoke(invocation, found, args))
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
    args: JSONValue,
  ): Promise<string> {
    const { data } = this.#host
    const { origin, logLines, rootId, functions } = execution
    const found = functions!.catalog.requireForFunction(target, 'query', path.component)
    const snapshot = { transaction: execution.transaction!.engine }
    const transaction = data.beginAt(snapshot, message => this.#warn(execution, message))
    const own = Object.assign(new Execution(origin, transaction, logLines), { rootId, functions })
    try {
      return await this.#invoke(new Invocation(own, found.path, 'query', depth + 1), found, args)
    }
    finally {
      data.end(transaction)
    }
  }

  async #runForAction(
    { execution, path }: Invocation,
    kind: 'query' | 'mutation' | 'action',
    target: FunctionPath,
    args: JSONValue,
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

  async #runQueryForAction(found: CatalogFunction, args: JSONValue, { origin, logLines }: Execution): Promise<string> {
    const { data } = this.#host
    for (;;) {
      const transaction = data.begin(message => void logLines.push(`[WARN] ${message}`))
      try {
        const own = new Execution(origin, transaction, logLines)
        return await this.#invoke(new Invocation(own, found.path, 'query', 1), found, args)
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

  #warn({ logLines }: Execution, message: string): void {
    logLines.push(`[WARN] ${message}`)
  }

  /** Prints a line of the console in the terminal, and adds the line to the answer. */
  #log({ execution, kind, path }: Invocation, line: string): void {
    execution.logLines.push(line)
    process.stdout.write(`[CONVEX ${kind[0]!.toUpperCase()}(${printFunctionName(path)})] ${line}\n`)
  }

  #requireExisting(path: FunctionPath): void {
    if (!this.catalog.lookup(path))
      throw new Error(describeMissing(path))
  }
}

/** Whether the JSON of a value is so large, or may be so deep, that it has to be checked. */
function mayExceedLimits(json: string): boolean {
  if (json.length > UNCHECKED_LENGTH)
    return true
  let brackets = 0
  for (let index = 0; index < json.length; index++) {
    if (json[index] === '[' || json[index] === '{')
      brackets += 1
  }
  return brackets > VALUE_LIMITS.nesting
}

function encodeAnswer(result: SyscallResult): SyscallAnswer {
  if (result instanceof EncodedJson)
    return { ok: true, json: result.json }
  if (result instanceof Rows)
    return { ok: true, rows: result.rows, isDone: result.isDone }
  if (result instanceof Bytes)
    return { ok: true, json: JSON.stringify(result.json), bytes: result.bytes }
  return { ok: true, json: JSON.stringify(result) }
}

/** Describes the error of a function, with the lines of the stack that are in the app's files. */
function errorOf(outcome: CallOutcome | { status: 'interrupted' }, functions: string): Error {
  if (outcome.status !== 'error')
    return new ConflictError()
  const { message, stack, dataJson } = outcome.error
  const lines = stack.split('\n').filter(line => line.startsWith('    at ') && line.includes(functions + sep))
  const place = lines.map(line => `${line.replace('file://', '').replace(functions, `../${basename(functions)}`)}\n`)
  return new FunctionError(`${message}\n${place.join('')}`, dataJson === undefined ? undefined : JSON.parse(dataJson))
}

/** The seed of `Math.random()` in a function. */
function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 31)
}

function toStream(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream()
}
