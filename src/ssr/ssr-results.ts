/** Query results and errors as JSON, which a server writes into a page for the browser. */
import type { JSONValue } from 'convex/values'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { SsrOutcome } from './ssr-data.ts'
import { ConvexError, convexToJson, jsonToConvex } from 'convex/values'
import { ConvueError } from '../errors/convue-error.ts'

/** The results that a server has fetched for a page, by {@link resultKey}. Plain JSON. */
export type SsrResults = Record<string, SsrResult>

export interface SsrResult {
  /** The id of the user for whom the query ran; `null` if it ran anonymously. */
  userId: string | null
  outcome: { value: JSONValue } | { error: SsrError }
}

/** An error as JSON. */
export type SsrError
  = | { kind: 'convex', message: string, data: JSONValue }
    | { kind: 'convue', code: string, why: string, fix: string }
    | { kind: 'other', message: string }

/**
 * The key of a query in {@link SsrResults}. Each paginated query adds an id of its own to its
 * pages, which differs between server and browser: the key of a first page leaves the id out.
 */
export function resultKey({ auth, key, name, args }: QueryDescriptor): string {
  const { id, ...paginationOpts } = args.paginationOpts as { id?: number, cursor?: string | null } | undefined ?? {}
  if (id === undefined || paginationOpts.cursor !== null)
    return key
  return `${auth} page ${name} ${JSON.stringify(convexToJson({ ...args, paginationOpts }))}`
}

export function readOutcome(outcome: SsrResult['outcome']): SsrOutcome {
  if ('value' in outcome)
    return { status: 'success', value: jsonToConvex(outcome.value) }
  return { status: 'error', error: readError(outcome.error) }
}

/**
 * Writes an error as JSON. The error's `name` determines its kind, not `instanceof`: the app's
 * server may bundle its own copies of the classes.
 */
export function writeError(error: any): SsrError {
  const message = String(error?.message ?? error)
  switch (error?.name) {
    case 'ConvueError':
      return { kind: 'convue', code: error.code, why: error.why, fix: error.fix }
    case 'ConvexError':
      return { kind: 'convex', message, data: convexToJson(error.data) }
    default:
      return { kind: 'other', message }
  }
}

function readError(error: SsrError): Error {
  switch (error.kind) {
    case 'convue':
      return new ConvueError({ ...error, code: error.code as ConvueError['code'] })
    case 'convex':
      return Object.assign(new ConvexError(jsonToConvex(error.data)), { message: error.message })
    case 'other':
      return new Error(error.message)
    default:
      return error satisfies never
  }
}
