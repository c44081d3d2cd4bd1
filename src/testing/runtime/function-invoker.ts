/** Runs one function: checks its arguments and result, and answers its system calls. */
import type { CallOutcome, SyscallAnswer } from '../functions/messages.ts'
import type { Syscall as RequestedSyscall, SyscallHandler } from '../functions/syscall-handler.ts'
import type { CallArgs } from './call-args.ts'
import type { CatalogFunction, FunctionKind } from './functions-catalog.ts'
import type { HttpReply, HttpRequest } from './http-request.ts'
import type { Execution, Invocation } from './invocation.ts'
import type { LoadedFunctions } from './loaded-functions.ts'
import type { SyscallHost, SyscallResult } from './syscall.ts'
import type { SyscallForm } from './system-calls.ts'
import { basename, sep } from 'node:path'
import process from 'node:process'
import { jsonToConvex } from 'convex/values'
import { ConflictError } from '../engine/conflict-error.ts'
import { checkArguments, checkResult as checkResultLimits, VALUE_LIMITS, warnOfSize } from '../engine/value-limits.ts'
import { countBrackets } from '../nested-json.ts'
import { clock } from './clock.ts'
import { describeForCaller, FunctionError } from './failure.ts'
import { printFunctionName, printModulePath } from './function-path.ts'
import { checkArgs, checkResult } from './functions-catalog.ts'
import { Bytes, EncodedJson, Rows } from './syscall.ts'
import { findSyscall } from './system-calls.ts'

/** A shorter text with fewer brackets cannot exceed Convex's limits of arguments and results. */
const UNCHECKED_LENGTH = 4096

/** Runs single functions, in the transactions of their callers. */
export class FunctionInvoker {
  readonly #host: SyscallHost
  readonly #loaded: () => LoadedFunctions

  /**
   * @param host The parts of the deployment that system calls use.
   * @param loaded Returns the functions with which a new execution begins.
   */
  constructor(host: SyscallHost, loaded: () => LoadedFunctions) {
    this.#host = host
    this.#loaded = loaded
  }

  /** Runs a function, checks its arguments and its result, and returns the result as JSON. */
  async invoke(invocation: Invocation, found: CatalogFunction, args: CallArgs): Promise<string> {
    const { execution, path: { component, module, name } } = invocation
    const { data } = this.#host
    const tableOf = (id: string): string | undefined => data.tableOf(component, id)
    const policy = execution.transaction?.policy ?? data.limitPolicy(message => warn(execution, message))
    const subject = found.kind === 'action' ? 'action' : 'function'
    let argsSize = 0
    if (found.args || mayExceedLimits(args.json)) {
      argsSize = checkArguments(printModulePath(found.path), args.value, policy)
      checkArgs(found, args.value, tableOf)
    }
    try {
      const outcome = await this.#call(invocation, name, module, args)
      if (execution.conflict)
        throw execution.conflict
      if (outcome.status !== 'success')
        throw errorOf(outcome, this.#loaded().directory)
      if (found.returns || mayExceedLimits(outcome.json)) {
        const decoded = jsonToConvex(JSON.parse(outcome.json))
        const size = checkResultLimits(printModulePath(found.path), decoded, policy)
        checkResult(found, decoded, tableOf)
        warnOfSize(`Large size of the ${subject} return value`, size, policy)
      }
      return outcome.json
    }
    finally {
      // As on Convex, the warnings follow the function's own lines, even after a failure.
      warnOfSize(`Large size of the ${subject} arguments`, argsSize, policy)
      if (invocation.depth === 1)
        execution.transaction?.meter.warnOfNearLimits()
    }
  }

  /** Runs an HTTP action. The invocation belongs to the functions that `host` has loaded. */
  async invokeHttp(invocation: Invocation, routePath: string, request: HttpRequest): Promise<HttpReply> {
    const { execution, path: { component } } = invocation
    const { url, method, headers, body } = request
    const { host, directory } = this.#loaded()
    const running = host.invoke({
      kind: 'httpAction',
      component,
      routePath,
      request: { url, method, headers, body: body && toStream(body) },
      requestId: execution.origin.requestId,
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
        throw errorOf(outcome, directory)
    }
  }

  async #call(invocation: Invocation, name: string, module: string, args: CallArgs): Promise<CallOutcome> {
    const { execution, kind, path: { component } } = invocation
    execution.functions ??= this.#loaded()
    const { origin, transaction, rootId, functions } = execution
    const running = functions.host.invoke({
      kind: kind as FunctionKind,
      component,
      module,
      export: name,
      argsJson: `[${args.json}]`,
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
      onLog: ({ text }) => log(invocation, text),
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
    return syscall(invocation, JSON.parse(json), this.#host, bytes)
  }

  #describe({ execution }: Invocation, error: unknown): SyscallAnswer {
    if (error instanceof ConflictError)
      execution.conflict = error
    const { message, data } = describeForCaller(error)
    return { ok: false, message, ...data !== undefined && { dataJson: JSON.stringify(data) } }
  }
}

/** Returns whether the JSON of a value is so large, or may be so deep, that it must be checked. */
function mayExceedLimits(json: string): boolean {
  return json.length > UNCHECKED_LENGTH || countBrackets(json) > VALUE_LIMITS.nesting
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

function warn({ logLines }: Execution, message: string): void {
  logLines.push(`[WARN] ${message}`)
}

/** Lines of `createMailer` of `convue/convex`, which a mailbox shows in another form. */
const MAIL_LINE = /^\[INFO\] 'convue:mail /

/** Prints a line of the console in the terminal, and adds the line to the answer. */
function log({ execution, kind, path }: Invocation, line: string): void {
  execution.logLines.push(line)
  if (MAIL_LINE.test(line))
    return
  process.stdout.write(`[CONVEX ${kind[0]!.toUpperCase()}(${printFunctionName(path)})] ${line}\n`)
}

function toStream(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream()
}
