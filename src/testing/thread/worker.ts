/** Runs a deployment in its thread, and answers the requests of the main thread. */
import type { LogEntry } from '../log.ts'
import type { DeploymentEvents, RequestMessage, WorkerMessage, WorkerRequest } from './channel.ts'
import process from 'node:process'
import { setTimeout } from 'node:timers'
import { parentPort } from 'node:worker_threads'
import { clock } from '../runtime/clock.ts'
import { DeploymentServer } from '../server/server.ts'
import { serializeError } from './channel.ts'

/**
 * The server of this thread. Each deployment has its own thread, since its clock replaces `Date`
 * and `setTimeout` of the thread.
 */
let server: DeploymentServer | undefined
let log: LogEntry[] = []
let isReportDue = false

/**
 * The time for which events wait, to be sent with an answer or with more events. A message for
 * each event would take more time than many functions.
 */
const REPORT_DELAY_MS = 10

/** Serves the requests of the main thread. */
export function serveDeployment(): void {
  clock.install()
  process.setSourceMapsEnabled(true)
  // A mistake in one connection must not end the deployment.
  process.on('uncaughtException', error => console.error('Uncaught error in a deployment:', error))

  parentPort!.on('message', async ({ id, request }: RequestMessage) => {
    try {
      const value = await handle(request)
      post({ type: 'answer', id, value, events: takeEvents() })
    }
    catch (error) {
      post({ type: 'failure', id, error: serializeError(error), events: takeEvents() })
    }
  })
}

async function handle(request: WorkerRequest): Promise<unknown> {
  if (request.type === 'start') {
    server = await DeploymentServer.start(request.options, onEvent)
    return server.urls
  }
  switch (request.type) {
    case 'run':
      return await server!.run(request.kind, request.call)
    case 'setEnv':
      return await server!.changeVariables([request])
    case 'advanceClock':
      return server!.advanceClock(request.ms)
    case 'settled':
      return await server!.settled()
    case 'disconnectAll':
      return await server!.disconnectAll()
    case 'restart':
      return await server!.restart()
    case 'reload':
      return await server!.reload(request.env, request.access)
    case 'export':
      return await server!.exportData(request.includesFiles)
    case 'import':
      return await server!.importData(request.archive)
    case 'wipe':
      return await server!.wipe()
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
  if (!isReportDue)
    setTimeout(reportEvents, REPORT_DELAY_MS)
  isReportDue = true
}

function reportEvents(): void {
  isReportDue = false
  const events = takeEvents()
  if (events)
    post({ type: 'events', events })
}

/** The events that have not been sent; `null` if there are none. */
function takeEvents(): DeploymentEvents | null {
  const connections = server?.takeChangedConnections() ?? []
  const entries = log
  log = []
  return entries.length > 0 || connections.length > 0 ? { log: entries, connections } : null
}

function post(message: WorkerMessage): void {
  parentPort!.postMessage(message)
}
