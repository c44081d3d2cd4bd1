import type { ErrorMessages } from 'convue'
import * as convue from 'convue'

/** Messages for users. Convue's own messages are for developers, and contain codes. */
const messages: ErrorMessages = {
  SIGN_OUT_FAILED: 'Signing out did not work. Check your connection and try again.',
  SESSION_ENDED: 'Your session has ended. Sign in again.',
  IDENTITY_CHANGED: 'You have signed in or out in the meantime, so this may not have been done.',
}

/** The message that a user sees for an error. `more`: the messages that only one page needs. */
export function errorMessage(error: unknown, more: ErrorMessages = {}): string | undefined {
  return convue.errorMessage(error, { ...messages, ...more }, () => ownMessage(error))
}

/** The functions of the playground and Better Auth write messages for users into their errors. */
function ownMessage(error: any): string {
  const { data } = error
  if (typeof data === 'string')
    return data
  const message: string | undefined = error instanceof convue.ConvueError ? undefined : (data ?? error).message
  return message || 'The server did not answer as expected. Try again in a moment.'
}
