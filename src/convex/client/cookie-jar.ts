/** Stores the cookies of Better Auth in a storage of the page, such as `localStorage`. */

/** A storage for the cookies: `localStorage`, or an object with the same methods. */
export interface CookieStorage {
  getItem: (key: string) => string | null
  setItem: (key: string, value: string) => unknown
}

interface StoredCookie {
  value: string
  /** The time at which the cookie expires, as ISO 8601; `null` if it does not expire. */
  expires: string | null
}

type Cookies = Record<string, StoredCookie>

/** The cookies that end with the session. The cookie of a trusted device, for example, remains. */
const OF_SESSION = /(?:^|[.-])(?:session_token|session_data(?:\.\d+)?|convex_jwt|convue_store_key)$/

/** Cookies in one entry of a storage. */
export class CookieJar {
  readonly #storage: CookieStorage
  readonly #key: string

  constructor(storage: CookieStorage, key: string) {
    this.#storage = storage
    this.#key = key
  }

  /** The value of a `Cookie` header. */
  get header(): string {
    const now = Date.now()
    return Object.entries(this.#read())
      .filter(([, { expires }]) => expires === null || Date.parse(expires) > now)
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
  }

  /** The token of the session; `undefined` if there is none. */
  get sessionToken(): string | undefined {
    return Object.entries(this.#read()).find(([name]) => name.endsWith('session_token'))?.[1].value
  }

  /** Stores the cookies that a response sets, and removes the cookies that it deletes. */
  store(setCookies: string): void {
    const cookies = this.#read()
    for (const { name, value, maxAge } of splitSetCookies(setCookies)) {
      if (value === '' || maxAge === 0)
        delete cookies[name]
      else
        cookies[name] = { value, expires: maxAge === null ? null : new Date(Date.now() + maxAge * 1000).toISOString() }
    }
    this.#write(cookies)
  }

  /** Removes the cookies of a session that has ended. */
  endSession(): void {
    this.#write(Object.fromEntries(Object.entries(this.#read()).filter(([name]) => !OF_SESSION.test(name))))
  }

  #read(): Cookies {
    try {
      return JSON.parse(this.#storage.getItem(this.#key) ?? '{}') ?? {}
    }
    catch {
      return {}
    }
  }

  #write(cookies: Cookies): void {
    this.#storage.setItem(this.#key, JSON.stringify(cookies))
  }
}

/** Splits a header with several `Set-Cookie` values. A comma in a date does not end a value. */
function splitSetCookies(header: string): { name: string, value: string, maxAge: number | null }[] {
  return header.split(/,\s*(?=[^;,=\s]+=)/).map((setCookie) => {
    const [pair = '', ...attributes] = setCookie.split(';')
    const separator = pair.indexOf('=')
    return {
      name: pair.slice(0, separator).trim(),
      value: pair.slice(separator + 1).trim(),
      maxAge: lifetimeOf(attributes),
    }
  })
}

/**
 * The lifetime of a cookie, in seconds; `null` if it has no end. `Max-Age` takes precedence over
 * `Expires`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.2
 */
function lifetimeOf(attributes: string[]): number | null {
  const trimmed = attributes.map(attribute => attribute.trim())
  const read = (name: string): string | undefined =>
    trimmed.find(attribute => attribute.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
  const maxAge = read('max-age')
  if (maxAge !== undefined)
    return Math.max(0, Number(maxAge))
  const expires = read('expires')
  return expires === undefined ? null : Math.max(0, (Date.parse(expires) - Date.now()) / 1000)
}
