/** The URL of the app. The sibling subdomain is `evil.example.com`, over https or http. */
const APP_HOST = 'app.example.com'
const SITE = 'example.com'

/** The origin that sets a cookie: the app over https, or a page of a sibling subdomain. */
export type Setter = 'app' | 'sibling over https' | 'sibling over http'

export interface JarCookie {
  name: string
  value: string
  path: string
  isSecure: boolean
  isPlanted: boolean
  /** `null`: the cookie is deleted when the browser is closed. */
  expiresAt: number | null
}

/** The cookies of one browser for an app and a sibling subdomain, following RFC 6265bis. */
export class CookieJar {
  /** Oldest first. */
  #cookies: JarCookie[] = []

  /**
   * The cookies that the browser sends to a path of the app: longer paths first, older cookies
   * first.
   */
  sentTo(path: string): JarCookie[] {
    this.#expire()
    return this.#cookies
      .filter(cookie => cookie.path === '/' || path === cookie.path || path.startsWith(`${cookie.path}/`))
      .toSorted((a, b) => b.path.length - a.path.length)
  }

  /** Applies a `Set-Cookie`. Cookies of the sibling have `Domain=example.com`. */
  set(setCookie: string, setter: Setter): void {
    const [pair = '', ...attributes] = setCookie.split(';').map(part => part.trim())
    const name = pair.slice(0, pair.indexOf('='))
    const attribute = (wanted: string): string | undefined => attributes
      .map(attribute => attribute.split('='))
      .find(([name]) => name!.toLowerCase() === wanted)
      ?.slice(1)
      .join('=')
    const maxAge = attribute('max-age')
    const cookie: JarCookie = {
      name,
      value: pair.slice(name.length + 1),
      path: attribute('path') ?? '/',
      isSecure: attribute('secure') !== undefined,
      isPlanted: setter !== 'app',
      expiresAt: maxAge === undefined ? null : Date.now() + Number(maxAge) * 1000,
    }
    if (!isAllowed(cookie, setter, attribute('domain')))
      return
    this.#expire()
    if (setter === 'sibling over http' && this.#cookies.some(known => known.isSecure && known.name === name))
      return
    const isSame = (known: JarCookie): boolean =>
      known.name === name && known.path === cookie.path && known.isPlanted === cookie.isPlanted
    const index = this.#cookies.findIndex(isSame)
    // A cookie that is set again keeps its position.
    if (index === -1)
      this.#cookies.push(cookie)
    else
      this.#cookies[index] = cookie
    this.#expire()
  }

  /** The browser removes a cookie to make room. */
  drop(nth: number): void {
    this.#cookies.splice(nth % (this.#cookies.length || 1), 1)
  }

  dropPlanted(): void {
    this.#cookies = this.#cookies.filter(cookie => !cookie.isPlanted)
  }

  closeBrowser(): void {
    this.#cookies = this.#cookies.filter(cookie => cookie.expiresAt !== null)
  }

  #expire(): void {
    this.#cookies = this.#cookies.filter(({ expiresAt }) => expiresAt === null || expiresAt > Date.now())
  }
}

function isAllowed({ name, path, isSecure, isPlanted }: JarCookie, setter: Setter, domain: string | undefined): boolean {
  if (domain !== undefined && domain !== (isPlanted ? SITE : APP_HOST))
    return false
  if (isSecure && setter === 'sibling over http')
    return false
  if (name.startsWith('__Secure-'))
    return isSecure
  return !name.startsWith('__Host-') || (isSecure && path === '/' && domain === undefined)
}
