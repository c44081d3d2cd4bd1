/** A worker for functions that starts while the deployment's own modules are being loaded. */
import type { LimitOptions } from './host-options.ts'
import { FunctionsWorker, workerOptions } from './functions-worker.ts'

/** The early worker, until it is taken. One is enough, because a thread has one deployment. */
let waiting: FunctionsWorker | undefined

/** Starts a worker for the first functions that are loaded. */
export function startEarlyWorker(options: LimitOptions): void {
  waiting = new FunctionsWorker(workerOptions('default', options))
}

export function takeEarlyWorker(): FunctionsWorker | undefined {
  const worker = waiting
  waiting = undefined
  return worker
}
