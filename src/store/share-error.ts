/** Compares the errors of a query, so that a repeated failure does not notify watchers. */
import { shareStructure } from '../shared/structural-sharing.ts'

/**
 * Returns `previous` if `next` reports the same failure. Convex writes a request id into the
 * message of each failed execution. The id is ignored: messages that differ only in the id report
 * the same failure.
 */
export function shareError<Failure extends Error | undefined>(previous: Error | undefined, next: Failure): Failure {
  return isSameFailure(previous, next) ? previous as Failure : next
}

type ErrorWithData = Error & { data?: any }

/** Whether two errors report the same failure: see {@link shareError}. */
export function isSameFailure(previous: ErrorWithData | undefined, next: ErrorWithData | undefined): boolean {
  // A function may throw a value that is not an error.
  return previous instanceof Error
    && previous.constructor === next?.constructor
    && withoutRequestIds(previous.message) === withoutRequestIds(next.message)
    && Object.is(shareStructure(previous.data, next.data), previous.data)
}

function withoutRequestIds(message: string): string {
  return message.replace(/\[Request ID: \w+\]/g, '')
}
