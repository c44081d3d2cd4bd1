/** A worker for functions that starts while the deployment's own modules are being loaded. */
import type { Limits } from './host-options.ts'
import type { ModuleState } from './kinds.ts'
import { FunctionsWorker } from './functions-worker.ts'

/** The early worker, until it is taken. One is enough, because a thread has one deployment. */
let waiting: FunctionsWorker | undefined

/** Starts a worker for the first functions that are loaded. */
export function startEarlyWorker(limits: Limits, moduleState: ModuleState): void {
  waiting = new FunctionsWorker({ runtime: 'default', failsStuckCalls: limits !== false, moduleState })
}

export function takeEarlyWorker(): FunctionsWorker | undefined {
  const worker = waiting
  waiting = undefined
  return worker
}
