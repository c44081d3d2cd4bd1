/** The hidden argument `offlineKey`, by which a deployment recognizes a stored call. */
import { ConvexError } from 'convex/values'

export interface OfflineKey {
  /** Identifies the call. */
  readonly key: string
  /** When the call was made, in milliseconds since 1970, by the clock of the user's device. */
  readonly createdAt: number
  /** The user who made the call. */
  readonly userId: string
}

/** The time in base 36, 128 random bits in base 16, and the user's id. */
const FORM = /^(([0-9a-z]{1,9})-[0-9a-f]{32})\.(.+)$/

/** @throws {ConvexError} `OFFLINE_KEY_INVALID` */
export function readOfflineKey(text: string): OfflineKey {
  const [, key, time, userId] = FORM.exec(text) ?? []
  if (!key || !time || !userId)
    throw offlineError('OFFLINE_KEY_INVALID', 'This call has an invalid key.')
  return { key, createdAt: Number.parseInt(time, 36), userId }
}

/** An error that the page of the user shows in its list of stored calls. */
export function offlineError(code: string, message: string): ConvexError<{ code: string, message: string }> {
  return new ConvexError({ code, message })
}
