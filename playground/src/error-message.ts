import type { ConvueErrorCode } from 'convue'
import { ConvexError } from 'convex/values'
import { ConvueError } from 'convue'

/** Messages for users. Convue's own messages are for developers, and contain codes. */
const messages: Partial<Record<ConvueErrorCode, string>> = {
  SIGN_OUT_FAILED: 'Signing out did not work. Check your connection and try again.',
  SESSION_ENDED: 'Your session has ended. Sign in again.',
  IDENTITY_CHANGED: 'You have signed in or out in the meantime, so this may not have been done.',
}

/**
 * The message that a user sees for an error. The playground's functions throw `ConvexError`s with `{ code, message }`;
 * Better Auth's component throws `ConvexError`s with strings.
 */
export function errorMessage(error: Error): string {
  if (error instanceof ConvueError)
    return messages[error.code] ?? 'The server did not answer as expected. Try again in a moment.'
  if (!(error instanceof ConvexError))
    return error.message
  const data: unknown = error.data
  if (typeof data === 'object' && data && 'message' in data)
    return String(data.message)
  return String(data)
}
