/** Errors of functions in a form that the browser can store and send to other tabs. */
import type { Value } from 'convex/values'
import { ConvexError } from 'convex/values'
import { ConvueError } from '../errors/convue-error.ts'
import { diagnose } from '../errors/diagnose.ts'

/** The error of a call. `data` is present only if the function has thrown a `ConvexError`. */
export type StoredError
  = | { kind: 'convex', message: string, data: Value }
    | { kind: 'unwrapped', message: string, name: string }
    | { kind: 'discarded' }
    | { kind: 'other', message: string }

/**
 * The code of the `ConvexError` with which the deployment refuses a call that is so old that its
 * key may have been removed.
 */
const EXPIRED = 'OFFLINE_CALL_EXPIRED'

/**
 * @param error The error with which the call has failed.
 *  @param name The name of the mutation.
 */
export function toStoredError(error: Error, name: string): StoredError {
  const { message } = error
  if (error instanceof ConvexError)
    return { kind: 'convex', message, data: error.data as Value }
  // The deployment hides this message in production.
  if (/extra field `offlineKey`/.test(message))
    return { kind: 'unwrapped', message, name }
  return { kind: 'other', message }
}

export function fromStoredError(stored: StoredError): Error {
  switch (stored.kind) {
    case 'convex':
      return Object.assign(new ConvexError(stored.data), { message: stored.message })
    case 'unwrapped':
      return diagnose('OFFLINE_MUTATION_REQUIRED', stored.name, new Error(stored.message))
    case 'discarded':
      return diagnose('OUTBOX_DISCARDED')
    case 'other':
      return new Error(stored.message)
    default:
      return stored satisfies never
  }
}

/** Whether the call needs another key before it can run. */
export function isExpired(error: StoredError | undefined): boolean {
  return error?.kind === 'convex' && (error.data as { code?: unknown } | null)?.code === EXPIRED
}

/** Whether the call has ended without an answer of the function, so that it remains stored. */
export function isInterruption(error: unknown): boolean {
  return error instanceof ConvueError && (error.code === 'IDENTITY_CHANGED' || error.code === 'CLOSED')
}
