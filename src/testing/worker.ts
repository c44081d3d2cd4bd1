/** The entry of the thread in which a deployment runs. */
import type { RequestMessage, WorkerMessage, WorkerRequest } from './channel.ts'
import type { LogEntry } from './log.ts'
import * as nodeModule from 'node:module'
import process from 'node:process'
import { parentPort } from 'node:worker_threads'
import { serializeError } from './channel.ts'
import { clock } from './clock.ts'
import { installConvexGlobal } from './convex-test.ts'
import { DeploymentServer } from './server.ts'

/**
 * The server of this thread. Each deployment has its own thread, since functions share
 * `process.env`, `Date`, `fetch` and `setTimeout` with all other code of their thread.
 */
let server: DeploymentServer | undefined
let log: LogEntry[] = []
let isFlushDue = false

clock.install()
installConvexGlobal()
process.setSourceMapsEnabled(true)
// Compiling Better Auth takes most of the time of the start. Node 22 can cache the compiled code.
nodeModule.enableCompileCache?.()
// If a function does not await a promise and the promise rejects, the deployment continues to run.
process.on('uncaughtException', error => console.error('Uncaught error in a deployment:', error))

parentPort!.on('message', async ({ id, request }: RequestMessage) => {
  try {
    const value = await handle(request)
    flushEvents()
    post({ type: 'answer', id, value })
  }
  catch (error) {
    flushEvents()
    post({ type: 'failure', id, error: serializeError(error) })
  }
})

async function handle(request: WorkerRequest): Promise<unknown> {
  if (request.type === 'start') {
    server = await DeploymentServer.start(request.options, onEvent)
    return server.urls
  }
  switch (request.type) {
    case 'run':
      return await server!.run(request.kind, request.call)
    case 'advanceClock':
      return clock.advance(request.ms)
    case 'settled':
      return await server!.settled()
    case 'disconnectAll':
      return await server!.disconnectAll()
    case 'restart':
      return await server!.restart()
    case 'reload':
      return await server!.reload()
    case 'close':
      return await server!.close()
    default:
      return request satisfies never
  }
}

/** Sends events in batches, so that reporting does not slow down the functions. */
function onEvent(entry: LogEntry | null): void {
  if (entry)
    log.push(entry)
  if (!isFlushDue)
    setImmediate(flushEvents)
  isFlushDue = true
}

function flushEvents(): void {
  isFlushDue = false
  const connections = server?.takeChangedConnections() ?? []
  if (log.length > 0 || connections.length > 0)
    post({ type: 'events', log, connections })
  log = []
}

function post(message: WorkerMessage): void {
  parentPort!.postMessage(message)
}
