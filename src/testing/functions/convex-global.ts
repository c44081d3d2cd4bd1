/** The global `Convex`, through which `convex/server` makes system calls. */
import type { MessagePort } from 'node:worker_threads'
import type { CallFrame } from './call-frame.ts'
import type { SyscallAnswer, ThreadMessage } from './messages.ts'
import type { SharedState } from './shared-state.ts'
import { receiveMessageOnPort } from 'node:worker_threads'
import { currentFrame } from './call-frame.ts'
import { deferred } from './deferred.ts'

/** The operations that read or write the database. */
const DATABASE_OPERATIONS = new Set([
  '1.0/count',
  '1.0/get',
  '1.0/insert',
  '1.0/queryPage',
  '1.0/queryStream',
  '1.0/queryStreamNext',
  '1.0/remove',
  '1.0/replace',
  '1.0/shallowMerge',
])

/** A query whose rows are read one by one. */
interface QueryStream {
  callId: number
  queryId: number
  /** The query, which is sent with the first request for rows. */
  query: unknown
  version: unknown
  isStarted: boolean
  rows: string[]
  isDone: boolean
  /** Resolves when the rows that have been requested have arrived. */
  reading: Promise<void> | null
}

interface PendingSyscall {
  callId: number
  resolve: (answer: SyscallAnswer) => void
}

interface SyscallRequest {
  operation: string
  json: string
  bytes?: Uint8Array
}

/** The parts of a thread that the system calls need. */
export interface SyscallThread {
  send: (message: ThreadMessage, transfer?: ArrayBuffer[]) => void
  shared: SharedState
  syncAnswers: MessagePort
}

/** Sends the system calls of functions to the deployment, and returns its answers to them. */
export class Syscalls {
  readonly #thread: SyscallThread
  readonly #pending = new Map<number, PendingSyscall>()
  readonly #streams = new Map<number, QueryStream>()
  /** The ids of the pending system calls and the open queries of each call. */
  readonly #idsOfCalls = new Map<number, Set<number>>()
  #lastId = 0

  constructor(thread: SyscallThread) {
    this.#thread = thread
  }

  /**
   * The value of the global `Convex`.
   *
   * @see docs/contributing/embedded-deployment.md#loading
   */
  get convex(): object {
    return {
      syscall: (operation: string, json: string) => this.#syscall(operation, json),
      asyncSyscall: (operation: string, json: string) => this.#asyncSyscall(operation, json),
      jsSyscall: (operation: string, args: Record<string, unknown>) => this.#jsSyscall(operation, args),
    }
  }

  /** The id of the call whose code continues when this system call is answered. */
  callOf(syscallId: number): number {
    return this.#pending.get(syscallId)?.callId ?? 0
  }

  answer(syscallId: number, answer: SyscallAnswer): void {
    const pending = this.#pending.get(syscallId)
    if (pending === undefined)
      return
    this.#pending.delete(syscallId)
    this.#idsOfCalls.get(pending.callId)?.delete(syscallId)
    pending.resolve(answer)
  }

  /** Removes the open queries and the pending system calls of a call. */
  forget(callId: number): void {
    for (const id of this.#idsOfCalls.get(callId) ?? []) {
      this.#pending.delete(id)
      this.#streams.delete(id)
    }
    this.#idsOfCalls.delete(callId)
  }

  #newId(callId: number): number {
    const id = ++this.#lastId
    const ids = this.#idsOfCalls.get(callId)
    if (ids)
      ids.add(id)
    else
      this.#idsOfCalls.set(callId, new Set([id]))
    return id
  }

  #syscall(operation: string, json: string): string {
    const frame = callFrame(operation)
    switch (operation) {
      case '1.0/queryStream':
        return this.#openStream(frame, JSON.parse(json))
      case '1.0/queryCleanup':
        return this.#closeStream(frame, JSON.parse(json).queryId)
      default:
        return this.#syncSyscall(frame, operation, json)
    }
  }

  /**
   * Blocks this thread until the deployment answers. The deployment never waits for a thread, so
   * there is no deadlock.
   */
  #syncSyscall(frame: CallFrame, operation: string, json: string): string {
    this.#thread.send({ type: 'syncSyscall', callId: frame.callId, operation, json })
    this.#thread.shared.waitForAnswer()
    const { message } = receiveMessageOnPort(this.#thread.syncAnswers)! as { message: SyscallAnswer }
    return jsonOf(message)
  }

  async #asyncSyscall(operation: string, json: string): Promise<string> {
    const frame = callFrame(operation)
    if (operation !== '1.0/queryStreamNext')
      return jsonOf(await this.#request(frame, { operation, json }))
    const stream = this.#streamOf(JSON.parse(json).queryId)
    // A function may request several rows at the same time.
    while (stream.rows.length === 0 && !stream.isDone)
      await (stream.reading ??= this.#readRows(frame, stream).finally(() => stream.reading = null))
    return nextRow(stream)
  }

  async #jsSyscall(operation: string, args: Record<string, unknown>): Promise<unknown> {
    const frame = callFrame(operation)
    switch (operation) {
      case 'storage/storeBlob': {
        const { blob, options } = args as { blob: unknown, options?: { sha256?: string } }
        if (!(blob instanceof Blob)) {
          throw new TypeError('store() expects a Blob. If you are trying to store a Request, '
            + '`await request.blob()` will give you the correct input.')
        }
        const bytes = new Uint8Array(await blob.arrayBuffer())
        const json = JSON.stringify({ contentType: blob.type || null, sha256: options?.sha256 ?? null })
        return JSON.parse(jsonOf(await this.#request(frame, { operation, json, bytes })))
      }
      case 'storage/getBlob': {
        const answer = await this.#request(frame, { operation, json: JSON.stringify({ storageId: args.storageId }) })
        const file = JSON.parse(jsonOf(answer)) as { contentType: string | null } | null
        const bytes = 'bytes' in answer ? answer.bytes : undefined
        return file && new Blob([(bytes ?? new Uint8Array()) as BlobPart], { type: file.contentType ?? '' })
      }
      default:
        throw new Error(`Unknown JS syscall: ${operation}`)
    }
  }

  /** Makes a system call. The promise never resolves if the function call has ended. */
  async #request(frame: CallFrame, { operation, json, bytes }: SyscallRequest): Promise<SyscallAnswer> {
    if (frame.isEnded)
      return await new Promise(() => {})
    const syscallId = this.#newId(frame.callId)
    const { promise: answer, resolve } = deferred<SyscallAnswer>()
    this.#pending.set(syscallId, { callId: frame.callId, resolve })
    const transfer = bytes ? [bytes.buffer as ArrayBuffer] : []
    this.#thread.send({ type: 'syscall', callId: frame.callId, syscallId, operation, json, bytes }, transfer)
    return await frame.track(operationName(operation), answer)
  }

  #openStream(frame: CallFrame, { query, version }: { query: unknown, version: unknown }): string {
    const queryId = this.#newId(frame.callId)
    this.#streams.set(queryId, {
      callId: frame.callId,
      queryId,
      query,
      version,
      isStarted: false,
      rows: [],
      isDone: false,
      reading: null,
    })
    return JSON.stringify({ queryId })
  }

  #closeStream(frame: CallFrame, queryId: number): string {
    const stream = this.#streams.get(queryId)
    this.#streams.delete(queryId)
    this.#idsOfCalls.get(frame.callId)?.delete(queryId)
    if (stream?.isStarted && !stream.isDone)
      this.#thread.send({ type: 'closeQuery', callId: frame.callId, queryId })
    return '{}'
  }

  #streamOf(queryId: number): QueryStream {
    const stream = this.#streams.get(queryId)
    if (stream === undefined)
      throw new Error('This query is closed and can\'t emit any more values.')
    return stream
  }

  /** Requests more rows, after the function has read all rows that have arrived. */
  async #readRows(frame: CallFrame, stream: QueryStream): Promise<void> {
    const { queryId, query, version } = stream
    const json = JSON.stringify(stream.isStarted ? { queryId } : { queryId, query, version })
    stream.isStarted = true
    const answer = await this.#request(frame, { operation: '1.0/queryStreamNext', json })
    if (!answer.ok)
      throw errorOf(answer)
    if (!('rows' in answer))
      throw new Error('The answer has no rows.')
    // The rows are reversed, because `pop` is the fastest way to take one.
    stream.rows = answer.rows.reverse()
    stream.isDone = answer.isDone
  }
}

function nextRow(stream: QueryStream): string {
  const row = stream.rows.pop()
  if (row === undefined)
    return '{"value":null,"done":true}'
  return `{"value":${row},"done":false}`
}

/** The name of an operation in Convex's warning about unawaited operations. */
function operationName(operation: string): string {
  const names: Record<string, string> = {
    '1.0/actions/query': 'runQuery',
    '1.0/actions/mutation': 'runMutation',
    '1.0/actions/action': 'runAction',
    '1.0/actions/schedule': 'scheduler.runAfter',
    '1.0/actions/cancel_job': 'scheduler.cancel',
    '1.0/actions/vectorSearch': 'vectorSearch',
    'storage/storeBlob': 'storage.store',
    'storage/getBlob': 'storage.get',
  }
  return names[operation] ?? operation.replace(/^1\.0\/(?:actions\/)?/, '')
}

function callFrame(operation: string): CallFrame {
  const frame = currentFrame()
  if (frame !== undefined && frame.kind !== 'import')
    return frame
  throw new Error(DATABASE_OPERATIONS.has(operation)
    ? 'Can\'t use database at import time'
    : `Syscall ${operation} unsupported at import time`)
}

function jsonOf(answer: SyscallAnswer): string {
  if (!answer.ok)
    throw errorOf(answer)
  return 'json' in answer ? answer.json : '{}'
}

/** The error of a system call. `convex/server` expects its data as a value. */
function errorOf({ message, dataJson }: SyscallAnswer & { ok: false }): Error {
  const error = new Error(message)
  return dataJson === undefined ? error : Object.assign(error, { data: JSON.parse(dataJson) })
}
