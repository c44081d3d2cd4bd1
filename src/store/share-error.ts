import { shareStructure } from '../shared/structural-sharing.ts'

/**
 * `previous` if `next` reports the same failure, so that a failure that repeats notifies no watcher. Convex writes a request id into the message of
 * each execution that fails: it does not make another failure.
 */
export function shareError<Failure extends Error | undefined>(previous: Error | undefined, next: Failure): Failure {
  return isSameFailure(previous, next) ? previous as Failure : next
}

function isSameFailure(one: Error & { data?: any } | undefined, other: Error & { data?: any } | undefined): boolean {
  // A function may throw what is not an error.
  if (!(one instanceof Error && other instanceof Error))
    return false
  return one.constructor === other.constructor
    && withoutRequestIds(one.message) === withoutRequestIds(other.message)
    && Object.is(shareStructure(one.data, other.data), one.data)
}

function withoutRequestIds(message: string): string {
  return message.replace(/\[Request ID: \w+\]/g, '')
}
