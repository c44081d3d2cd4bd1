/** The name under which the calls of a user are stored. */

/**
 * The SHA-256 hash of the deployment's URL and the user's id: the storage of the browser does not
 * contain the id, and the calls for another deployment have another owner.
 *
 * Rejects on a page without a secure context, where browsers have neither `crypto.subtle` nor
 * `navigator.locks`.
 */
export async function hashOwner(url: string, userId: string): Promise<string> {
  const { subtle } = crypto
  const isSupported = !!subtle && !!navigator.locks && typeof BroadcastChannel === 'function'
  if (!isSupported)
    throw new Error('The page is not in a secure context, or the browser has no Web Locks.')
  const hash = await subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify([url, userId])))
  return [...new Uint8Array(hash)].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
