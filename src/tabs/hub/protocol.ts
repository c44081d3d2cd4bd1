/** The messages of the Convex sync protocol, as a hub reads and writes them. */
import type { JSONValue } from 'convex/values'
import { Base64 } from 'convex/values'

/** The messages of a client; see `protocol.ts` of the `convex` package. */
export type ClientFrame = Connect | Authenticate | ModifyQuerySet | Call | { type: 'Event' }

export interface Connect {
  type: 'Connect'
  sessionId: string
  connectionCount: number
  lastCloseReason: string | null
  maxObservedTimestamp?: Timestamp
  clientTs?: number
}

export interface Authenticate {
  type: 'Authenticate'
  tokenType: 'User' | 'Admin' | 'None'
  value?: string
  baseVersion: number
}

export interface ModifyQuerySet {
  type: 'ModifyQuerySet'
  baseVersion: number
  newVersion: number
  modifications: QueryChange[]
}

export interface AddQuery {
  type: 'Add'
  queryId: number
  udfPath: string
  args: JSONValue
  /** The end of a page of results, as an earlier run of the query has decided it. */
  journal?: string | null
  componentPath?: string
}

export type QueryChange = AddQuery | { type: 'Remove', queryId: number }

export interface Call {
  type: 'Mutation' | 'Action'
  requestId: number
  udfPath: string
  args: JSONValue
}

/** The messages of a deployment. */
export type ServerFrame
  = | Transition
    | { type: 'TransitionChunk', chunk: string, partNumber: number, totalParts: number, transitionId: string }
    | CallResponse
    | { type: 'AuthError', error: string, baseVersion: number, authUpdateAttempted: boolean }
    | { type: 'FatalError', error: string }
    | { type: 'Ping' }

export interface CallResponse {
  type: 'MutationResponse' | 'ActionResponse'
  requestId: number
  success: boolean
  /** The timestamp of the mutation's writes. */
  ts?: Timestamp
}

export interface Transition {
  type: 'Transition'
  startVersion: Version
  endVersion: Version
  modifications: QueryResult[]
  /** The client's clock minus the clock of the deployment, in ms. */
  clientClockSkew?: number
}

/** The new result of a query, or the confirmation that a query has been removed. */
export interface QueryResult {
  type: 'QueryUpdated' | 'QueryFailed' | 'QueryRemoved'
  queryId: number
  journal?: string | null
}

/** The state that a client has reached: its query set, its identity, and the time of the data. */
export interface Version {
  querySet: number
  identity: number
  ts: Timestamp
}

/** Eight little-endian bytes in base64. */
export type Timestamp = string

export const NO_TIME: Timestamp = 'AAAAAAAAAAA='

/** The version of a connection on which nothing has been sent. */
export const FIRST_VERSION: Version = { querySet: 0, identity: 0, ts: NO_TIME }

/** Whether `one` is not earlier than `other`. */
export function isAtLeast(one: Timestamp, other: Timestamp): boolean {
  return one === other || decode(one) >= decode(other)
}

/** Parses a message. Returns `null` if the text is not a message of the protocol. */
export function parseFrame<Frame extends ClientFrame | ServerFrame>(text: string): Frame | null {
  try {
    const frame: Frame | null = JSON.parse(text)
    return typeof frame?.type === 'string' ? frame : null
  }
  catch {
    return null
  }
}

export function isSameVersion(one: Version, other: Version): boolean {
  return one.querySet === other.querySet && one.identity === other.identity && one.ts === other.ts
}

function decode(timestamp: Timestamp): bigint {
  const bytes = Base64.toByteArray(timestamp)
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
}
