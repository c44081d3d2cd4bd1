/** The key of a session's stored results, which the companion cookie contains. */
import { sha256 } from './sha256.ts'

/** The name of the companion cookie, without the prefixes that Better Auth adds. */
export const STORE_KEY_COOKIE = 'convue_store_key'

/**
 * A SHA-256 hash as hexadecimal digits. It depends only on the session's token, which is random, so
 * it reveals neither the token nor the user.
 */
export async function storeKey(sessionToken: string): Promise<string> {
  const digest = await sha256(`convue store key; ${sessionToken}`)
  return [...digest.subarray(0, 16)].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
