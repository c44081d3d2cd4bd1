import type { ConvueErrorCode } from 'convue'
import { ConvexError } from 'convex/values'
import { ConvueError } from 'convue'

/** Convue's own sentences speak to developers: a user reads what happened and what to do, without a code. */
const sentences: Partial<Record<ConvueErrorCode, string>> = {
  SIGN_OUT_FAILED: 'Signing out did not work. Check your connection and try again.',
  SESSION_ENDED: 'Your session has ended. Sign in again.',
  IDENTITY_CHANGED: 'You have signed in or out meanwhile, so this was not done.',
}

/** What a user reads about an error. The playground's functions throw `ConvexError`s with `{ code, message }`, Better Auth's component plain strings. */
export function errorMessage(error: Error): string {
  if (error instanceof ConvueError)
    return sentences[error.code] ?? 'The server did not answer as expected. Try again in a moment.'
  if (!(error instanceof ConvexError))
    return error.message
  const data: unknown = error.data
  if (typeof data === 'object' && data && 'message' in data)
    return String(data.message)
  return String(data)
}
