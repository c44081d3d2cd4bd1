import type { JSONValue } from 'convex/values'
import { ConvexError, convexToJson, jsonToConvex } from 'convex/values'
import { ConvueError } from 'convue'

/** What a page that a server has rendered brings along. */
export interface ConvexPayload {
  /** Who is there; `null` for nobody. Absent: it is not known, or the page is for everybody. */
  auth?: PayloadAuth | null
  /** What queries were answered, by their keys. */
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
