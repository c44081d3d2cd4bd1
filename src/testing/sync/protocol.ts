/** The messages of the Convex sync protocol, as client and server write them. */
import type { JSONValue } from 'convex/values'
import type { Outcome } from '../runtime/call.ts'
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { parseNestedJson } from '../nested-json.ts'

/**
 * The messages that a client sends.
 *
 * @see https://github.com/get-convex/convex-js/blob/main/src/browser/sync/protocol.ts
 * @see docs/contributing/embedded-deployment.md#protocol
 */
export type ClientMessage = Connect | Authenticate | ModifyQuerySet | FunctionRequest | { type: 'Event' }

export interface Connect {
  type: 'Connect'
  sessionId: string
  maxObservedTimestamp?: string
  clientTs?: number
}

export interface Authenticate {
  type: 'Authenticate'
  tokenType: 'User' | 'Admin' | 'None'
  value?: string
  /** The user as whom an admin acts. */
  impersonating?: unknown
  baseVersion: number
}

export interface ModifyQuerySet {
  type: 'ModifyQuerySet'
  baseVersion: number
  newVersion: number
  modifications: QuerySetModification[]
}

export type QuerySetModification
  = | {
    type: 'Add'
    queryId: number
    udfPath: string
    args: JSONValue
    journal?: string | null
    componentPath?: string
  }
  | { type: 'Remove', queryId: number }

export interface FunctionRequest {
  type: 'Mutation' | 'Action'
  requestId: number
  udfPath: string
  args: JSONValue
  /** The component of the function, which only an admin can name. */
  componentPath?: string
}

/** A value that is already encoded as JSON. */
type JsonText = string

/** The messages that a client receives. */
export type ServerMessage
  = | {
    type: 'Transition'
    startVersion: EncodedVersion
    endVersion: EncodedVersion
    clientClockSkew: number | undefined
    /** The time at which the transition was sent, in nanoseconds since 1970. */
    serverTs: number
    modifications: EncodedModification[]
  }
  | {
    type: 'MutationResponse' | 'ActionResponse'
    requestId: number
    outcome: Outcome
    ts?: string
  }
  | { type: 'AuthError', error: string, baseVersion: number, authUpdateAttempted: boolean }
  | { type: 'FatalError', error: string }
  | { type: 'Ping' }

/** `QueryUpdated`, `QueryFailed` or `QueryRemoved`, as JSON. */
export type EncodedModification = JsonText

/**
 * The state that a client has reached: its query set, its identity, and the timestamp of the data.
 */
export interface Version {
  querySet: number
  identity: number
  ts: bigint
}

type EncodedVersion = Omit<Version, 'ts'> & { ts: string }

/** An error that ends a connection, and the kind of message that the client receives. */
export class Rejection extends Error {
  /**
   * `fatal`: the client has made a mistake, and does not reconnect. `auth`: the client needs
   * another token. `internal` and `overloaded`: the client reconnects by itself. As on Convex, some
   * mistakes of a client are `internal`.
   */
  readonly kind: 'fatal' | 'auth' | 'internal' | 'overloaded'
  /** For `auth`: `true` if a new token was refused, `false` if the current token has expired. */
  readonly authUpdateAttempted: boolean

  constructor(kind: Rejection['kind'], message: string, authUpdateAttempted = false) {
    super(message)
    this.kind = kind
    this.authUpdateAttempted = authUpdateAttempted
  }
}

/** @throws Rejection if the data is not a message of the protocol. */
export function parseClientMessage(data: string, isBinary: boolean): ClientMessage {
  if (isBinary)
    throw new Rejection('internal', 'Unexpected binary message')
  const message = parseJson(data)
  if (!isClientMessage(message))
    throw new Rejection('fatal', 'Received Invalid JSON on websocket: not a message of the sync protocol')
  return message
}

function parseJson(data: string): unknown {
  try {
    return parseNestedJson(data)
  }
  catch (error) {
    throw new Rejection('fatal', `Received Invalid JSON on websocket: ${(error as Error).message}`)
  }
}

function isClientMessage(message: any): message is ClientMessage {
  switch (message?.type) {
    case 'Connect':
      return typeof message.sessionId === 'string'
        && ['string', 'undefined'].includes(typeof message.maxObservedTimestamp)
    case 'Authenticate':
      return typeof message.tokenType === 'string' && Number.isInteger(message.baseVersion)
        && (message.tokenType === 'None' || typeof message.value === 'string')
    case 'ModifyQuerySet':
      return Number.isInteger(message.baseVersion) && Number.isInteger(message.newVersion)
        && message.newVersion > message.baseVersion
        && Array.isArray(message.modifications) && message.modifications.every(isModification)
    case 'Mutation':
    case 'Action':
      return Number.isInteger(message.requestId) && typeof message.udfPath === 'string'
    default:
      return message?.type === 'Event'
  }
}

function isModification(modification: any): modification is QuerySetModification {
  return Number.isInteger(modification?.queryId)
    && (modification.type === 'Remove' || (modification.type === 'Add' && typeof modification.udfPath === 'string'))
}

/** Encodes the new result of a query. A result is part of a larger text, and is not parsed. */
export function encodeResult(queryId: number, outcome: Outcome, journal: string | null): EncodedModification {
  const { logLines } = outcome
  if (outcome.status === 'success')
    return withResult({ type: 'QueryUpdated', queryId, logLines, journal }, 'value', outcome.json)
  const { message: errorMessage, data } = outcome
  return JSON.stringify({ type: 'QueryFailed', queryId, errorMessage, ...encodeData(data), logLines, journal })
}

export function encodeRemoval(queryId: number): EncodedModification {
  return JSON.stringify({ type: 'QueryRemoved', queryId })
}

function encodeAnswer(
  { outcome, ...answer }: ServerMessage & { type: 'MutationResponse' | 'ActionResponse' },
): JsonText {
  const { logLines } = outcome
  if (outcome.status === 'success')
    return withResult({ ...answer, success: true, logLines }, 'result', outcome.json)
  return JSON.stringify({ ...answer, success: false, result: outcome.message, ...encodeData(outcome.data), logLines })
}

/** Adds a field that is already encoded to an object, which must not be empty. */
function withResult(object: object, name: string, json: JsonText): JsonText {
  return `${JSON.stringify(object).slice(0, -1)},"${name}":${json}}`
}

/** The data of an error, if the error has data. */
function encodeData(data: JSONValue | undefined): { errorData?: JSONValue } {
  if (data === undefined)
    return {}
  return { errorData: data }
}

export function encodeVersion({ querySet, identity, ts }: Version): EncodedVersion {
  return { querySet, identity, ts: encodeTimestamp(ts) }
}

/** A longer transition is sent in parts, which the client puts together. */
const MAX_TRANSITION_LENGTH = 5_000_000

/** The text of a message, or the texts of its parts. */
export function encodeMessage(message: ServerMessage): string[] {
  const text = encode(message)
  if (message.type !== 'Transition' || text.length <= MAX_TRANSITION_LENGTH)
    return [text]
  const transitionId = randomUUID()
  const chunks = splitText(text)
  return chunks.map((chunk, partNumber) =>
    JSON.stringify({ type: 'TransitionChunk', chunk, partNumber, totalParts: chunks.length, transitionId }))
}

function encode(message: ServerMessage): JsonText {
  switch (message.type) {
    case 'Transition': {
      const { modifications, ...transition } = message
      return withResult(transition, 'modifications', `[${modifications.join()}]`)
    }
    case 'MutationResponse':
    case 'ActionResponse':
      return encodeAnswer(message)
    default:
      return JSON.stringify(message)
  }
}

/** Splits a text, but not in the middle of a character, since each part must be valid UTF-8. */
function splitText(text: string): string[] {
  const parts: string[] = []
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + MAX_TRANSITION_LENGTH, text.length)
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1)))
      end -= 1
    parts.push(text.slice(start, end))
    start = end
  }
  return parts
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xD800 && code <= 0xDBFF
}

/** Encodes a timestamp as eight little-endian bytes in base64. */
export function encodeTimestamp(ts: bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(ts)
  return bytes.toString('base64')
}

/** @throws Rejection `fatal` if the text does not encode eight bytes. */
export function decodeTimestamp(encoded: string): bigint {
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length !== 8)
    throw new Rejection('fatal', 'A timestamp must be eight bytes in base64')
  return bytes.readBigUInt64LE()
}
