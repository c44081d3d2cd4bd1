/** Creates the keys of stored calls. */

const RANDOM_BYTES = 16

/**
 * A key that no other call has: the time of the call, so that the deployment can refuse calls that
 * are older than its table of keys, and 128 random bits.
 *
 * @param createdAt In milliseconds since 1970.
 */
export function createKey(createdAt: number): string {
  const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES))
  return `${createdAt.toString(36)}-${[...random].map(byte => byte.toString(16).padStart(2, '0')).join('')}`
}
