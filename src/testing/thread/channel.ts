/** The messages between the main thread and the thread of a deployment. */
import type { ConvueErrorCode } from '../../errors/convue-error.ts'
import type { Limits } from '../functions/host-options.ts'
import type { Connection, LogEntry } from '../log.ts'
import type { Call } from '../runtime/call.ts'
import type { FunctionKind } from '../runtime/functions-catalog.ts'
import type { AccessOptions } from '../server/access.ts'
import type { ServerOptions } from '../server/server.ts'
import { ConvueError } from '../../errors/convue-error.ts'

/** The requests of the main thread to the thread of a deployment. */
export type WorkerRequest
  = | { type: 'start', options: ServerOptions }
    | { type: 'run', kind: FunctionKind, call: Pick<Call, 'name' | 'args' | 'identity'> }
    | { type: 'setEnv', name: string, value: string | null }
    | { type: 'reload', env: Record<string, string>, access: AccessOptions }
    | { type: 'advanceClock', ms: number }
    | { type: 'export', includesFiles: boolean }
    | { type: 'import', archive: Uint8Array }
    | { type: 'settled' | 'disconnectAll' | 'restart' | 'wipe' | 'close' }

/** The data with which the thread of a deployment starts. */
export interface EntryData {
  limits: Limits
}

/** The message that the main thread sends. */
export interface RequestMessage {
  id: number
  request: WorkerRequest
}

/** The events in a deployment since its thread last sent a message. */
export interface DeploymentEvents {
  log: LogEntry[]
  /** The connections that have changed; `null` for closed connections. */
  connections: [id: number, connection: Connection | null][]
}

/**
 * The messages that the main thread receives. An answer contains the events that have happened
 * before it.
 */
export type WorkerMessage = { events: DeploymentEvents | null } & (
  | { type: 'answer', id: number, value: unknown }
  | { type: 'failure', id: number, error: SerializedError }
  | { type: 'events' }
)

/** An error in a form that can be sent between threads. */
type SerializedError
  = | { code: ConvueErrorCode, why: string, fix: string, cause: string }
    | { code: null, message: string, stack: string | undefined }

export function serializeError(error: unknown): SerializedError {
  if (error instanceof ConvueError) {
    return { code: error.code, why: error.why, fix: error.fix, cause: String(error.cause ?? '') }
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return { code: null, message, stack }
}

export function deserializeError(error: SerializedError): Error {
  if (error.code === null)
    return Object.assign(new Error(error.message), { stack: error.stack })
  return new ConvueError(error)
}
