import type { JSONValue } from 'convex/values'
import type { ConvexOptions } from 'convue'
import { ConvexError, convexToJson, jsonToConvex } from 'convex/values'
import { ConvueError } from 'convue'

type Query = Parameters<NonNullable<ConvexOptions['handover']>>[0]

/** What a page that a server has rendered brings along. */
export interface ConvexPayload {
  /** Who is there; `null` for nobody. Absent: it is not known, or the page is for everybody. */
  auth?: PayloadAuth | null
  /** What queries were answered, by their {@link answerKey}. */
  answers: Record<string, PayloadAnswer>
}

export interface PayloadAuth {
  /** The short-lived JWT; `null` if it may not stand in a page. */
  token: string | null
  user: Record<string, any>
  session: Record<string, any>
}

export interface PayloadAnswer {
  /** Whose answer it is: a user's id, `null` for nobody. */
  userId: string | null
  outcome: { value: JSONValue } | { error: PayloadError }
}

/** An error as it travels. */
export type PayloadError
  = | { kind: 'convex', message: string, data: JSONValue }
    | { kind: 'convue', code: string, why: string, fix: string }
    | { kind: 'other', message: string }

/** What sets the answer to a query apart from others. The first page of a list is the same for all lists that show it, whatever their ids. */
export function answerKey({ auth, key, name, args }: Query): string {
  const { id, ...paginationOpts } = args.paginationOpts as { id?: number, cursor?: string | null } | undefined ?? {}
  return id !== undefined && paginationOpts.cursor === null
    ? `${auth} page ${name} ${JSON.stringify(convexToJson({ ...args, paginationOpts }))}`
    : key
}

/** Whether a token is that of the session beside it: a switch of sessions can leave a former person's token behind, or bring another one early. */
export function isTokenOf(user: Record<string, any>, token: string): boolean {
  try {
    return JSON.parse(atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))).sub === user.id
  }
  catch {
    return false
  }
}

/** Writes an error down. It is recognised by what it has: the app's server has classes of its own. */
export function writeError(error: any): PayloadError {
  const message = String(error?.message ?? error)
  if (error?.name === 'ConvueError')
    return { kind: 'convue', code: error.code, why: error.why, fix: error.fix }
  return error?.name === 'ConvexError' ? { kind: 'convex', message, data: convexToJson(error.data) } : { kind: 'other', message }
}

export function readError(error: PayloadError): Error {
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
