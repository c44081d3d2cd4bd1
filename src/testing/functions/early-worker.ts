/** A worker of functions that starts while the modules of its deployment are loaded. */
import type { Limits } from './host-options.ts'
import { FunctionsWorker } from './functions-worker.ts'

/** The worker that no load of functions has taken yet. A thread has one deployment. */
let waiting: FunctionsWorker | undefined

/** Starts a worker for the first functions that are loaded. */
export function startEarlyWorker(limits: Limits): void {
  waiting = new FunctionsWorker({ runtime: 'default', failsStuckCalls: limits !== false })
}

export function takeEarlyWorker(): FunctionsWorker | undefined {
  const worker = waiting
  waiting = undefined
  return worker
}
