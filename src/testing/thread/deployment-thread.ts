/** The main thread's handle of the thread in which a deployment runs. */
import type { ConvueError } from '../../errors/convue-error.ts'
import type { Connection, LogEntry } from '../log.ts'
import type { DeploymentEvents, EntryData, RequestMessage, WorkerMessage, WorkerRequest } from './channel.ts'
import { Worker } from 'node:worker_threads'
import { testingError } from '../testing-error.ts'
import { deserializeError } from './channel.ts'

/** The greatest number of kept entries, so that the memory of a deployment is limited. */
const KEPT_LOG_ENTRIES = 10_000

/**
 * The memory of the thread. V8 lets the old objects grow to four times their size before it
 * collects them if they may take 2 GiB or more, and to twice their size otherwise. With the default
 * of 48 MB, new objects would be collected only once they take four times as much memory.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 2047, maxYoungGenerationSizeMb: 12 }

/** Sends requests to the thread, and keeps the log and the connections that the thread reports. */
export class DeploymentThread {
  readonly log: LogEntry[] = []
  readonly connections = new Map<number, Connection>()
  readonly #worker: Worker
  readonly #pending = new Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>()
  #lastId = 0
  #ended: ConvueError | null = null

  constructor(data: EntryData) {
    // The repository's sources run without a build. In the package, the code of the worker is next
    // to this module.
    const file = import.meta.url.endsWith('.ts') ? './entry.ts' : './testing-worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), {
      env: {},
      execArgv: [],
      resourceLimits: RESOURCE_LIMITS,
      workerData: data,
    })
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
    if (message.events)
      this.#addEvents(message.events)
    switch (message.type) {
      case 'answer':
        return this.#settle(message.id)?.resolve(message.value)
      case 'failure':
        return this.#settle(message.id)?.reject(deserializeError(message.error))
      case 'events':
        return
      default:
        message satisfies never
    }
  }

  #addEvents({ log, connections }: DeploymentEvents): void {
    this.log.push(...log)
    this.log.splice(0, this.log.length - KEPT_LOG_ENTRIES)
    for (const [id, connection] of connections) {
      if (connection)
        this.connections.set(id, connection)
      else
        this.connections.delete(id)
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
