/** The key of a session's stored results: read from the companion cookie, or computed. */
import type { ResultStorePage } from '../store/result-store.ts'
import { STORE_KEY_COOKIE, storeKey } from '../shared/store-key.ts'

/** The key in the companion cookie of this page: see {@link findStoreKey}. */
export function readStoreKey(prefix: string | undefined): string | null {
  try {
    return findStoreKey(document.cookie, prefix)
  }
  catch {
    // Browsers forbid pages in a sandbox to read cookies.
    return null
  }
}

/**
 * The key in the companion cookie. `null` if there is no such cookie, or if there are several with
 * different values, such as those of two apps on the same host.
 *
 * @param cookies `document.cookie`.
 * @param prefix The option `cookiePrefix` of Better Auth; `undefined` for any prefix.
 */
export function findStoreKey(cookies: string, prefix: string | undefined): string | null {
  const keys = new Set<string>()
  for (const cookie of cookies.split(';')) {
    const [name = '', value = ''] = cookie.trim().split('=')
    const plainName = name.replace(/^__(?:Secure|Host)-/, '')
    const isCompanion = prefix === undefined
      ? plainName.endsWith(`.${STORE_KEY_COOKIE}`)
      : plainName === `${prefix}.${STORE_KEY_COOKIE}`
    if (isCompanion && value)
      keys.add(value)
  }
  return keys.size === 1 ? [...keys][0]! : null
}

/** Computes the key of the current session. Remembers it, since the session rarely changes. */
export class SessionKey {
  readonly #sessionToken: ResultStorePage['sessionToken']
  readonly #cookiePrefix: string | undefined
  #token: string | undefined
  #key: string | undefined

  constructor(sessionToken: ResultStorePage['sessionToken'], cookiePrefix: string | undefined) {
    this.#sessionToken = sessionToken
    this.#cookiePrefix = cookiePrefix
  }

  /**
   * The key of the user's session. It is computed from the session and not read from the cookie:
   * the cookie may already belong to another user, who has signed in in another tab.
   *
   * @returns `null` if the server sets no companion cookie; `undefined` if the key is not known.
   */
  async of(userId: string): Promise<string | null | undefined> {
    const token = this.#sessionToken(userId)
    if (readStoreKey(this.#cookiePrefix) === null)
      return null
    // Pages without HTTPS cannot compute hashes.
    if (token === undefined || !globalThis.crypto?.subtle)
      return undefined
    if (token !== this.#token) {
      this.#key = await storeKey(token)
      this.#token = token
    }
    return this.#key
  }
}
