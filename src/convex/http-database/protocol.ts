/** The requests in which the app's server sends statements to the deployment, and the answers. */
import type { JSONValue } from 'convex/values'
import type { ErrorParts } from '../portable-error.ts'
import { setupError } from '../setup-error.ts'

/** Server and deployment are deployed separately, so each of them refuses other versions. */
export const PROTOCOL_VERSION = 1

export const DEFAULT_PATH = '/auth-database'

/** The length of the shortest accepted secret. A shorter secret could be guessed. */
export const SHORTEST_SECRET = 32

/** The greatest number of statements in one request. */
export const MOST_STATEMENTS = 100

/** The greatest length of a request's body, in characters. A row of Convex has at most 1 MiB. */
export const LONGEST_BODY = 4 * 2 ** 20

/** The body of a request. A statement is in Convex's JSON encoding, which also represents bytes. */
export interface RequestBody {
  version: number
  statements: JSONValue[]
}

/** The body of an answer with status 200: a result for each statement, in the same order. */
export interface AnswerBody {
  results: StatementResult[]
}

/** The rows of a statement, or their number; or the reason why it failed. */
export type StatementResult = { value: JSONValue } | { error: StatementFailure }

export type StatementFailure
  /** An error of Convue. */
  = | { type: 'convue', parts: ErrorParts }
  /** The data of a `ConvexError` that a trigger of the app has thrown. */
    | { type: 'app', data: JSONValue }
  /** Another error, whose message may contain values of rows. */
    | { type: 'unknown' }

/** The reason for refusing a whole request, in the body of an answer with status 400 or above. */
export type RefusalCode = 'UNAUTHORIZED' | 'CONTENT_TYPE' | 'TOO_LARGE' | 'MALFORMED' | 'VERSION'

/** @throws ConvueError `CONVEX_OPTION_INVALID` */
export function checkPath(path: unknown, caller: string): asserts path is string {
  if (typeof path !== 'string' || !/^(?:\/[\w.~-]+)+$/.test(path))
    throw setupError('CONVEX_OPTION_INVALID', `\`path\` of \`${caller}\` is not a path such as \`${DEFAULT_PATH}\``)
}
