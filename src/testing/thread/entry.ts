/** The entry of a deployment's thread: starts the functions' thread, then loads everything else. */
import type { EntryData } from './channel.ts'
import * as nodeModule from 'node:module'
import { workerData } from 'node:worker_threads'

nodeModule.enableCompileCache?.()
void start(workerData as EntryData)

async function start(options: EntryData): Promise<void> {
  const { startEarlyWorker } = await import('../functions/early-worker.ts')
  startEarlyWorker(options)
  const { serveDeployment } = await import('./worker.ts')
  serveDeployment()
  // Node would write the cache when the thread ends by itself, but the thread is terminated.
  nodeModule.flushCompileCache?.()
}
