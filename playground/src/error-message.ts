import { ConvexError } from 'convex/values'
import { ConvueError } from 'convue'

/**
 * What to tell a person about an error. The playground's functions throw `ConvexError`s with `{ code, message }`, Better Auth's
 * component one with a plain string. Convue's own errors speak to developers: a person gets the code, to pass it on.
 */
export function errorMessage(error: Error): string {
  if (error instanceof ConvueError)
    return `The server did not answer as expected (${error.code}).`
  if (!(error instanceof ConvexError))
    return error.message
  const data: unknown = error.data
  if (typeof data === 'object' && data && 'message' in data)
    return String(data.message)
  return String(data)
}
