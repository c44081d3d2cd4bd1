/** `crossDomainClient()`: the client's part of the plugin `crossDomain()`. */
import type { CrossDomainPlugin } from '../cross-domain/cross-domain.ts'
import type { CookieStorage } from './cookie-jar.ts'
import { diagnose } from '../../errors/diagnose.ts'
import { COOKIE_HEADER, SET_COOKIE_HEADER } from '../cross-domain/header-cookies.ts'
import { CookieJar } from './cookie-jar.ts'
import { takeOneTimeToken } from './one-time-token.ts'

/** The error with which the server has refused a one-time token. */
export interface OneTimeTokenError {
  /** The HTTP status; 0 if there was no answer. */
  status: number
  /**
   * `ONE_TIME_TOKEN_FOREIGN`: another browser has started the sign-in. `ONE_TIME_TOKEN_INVALID`:
   * the token is unknown, has expired, or has been used.
   */
  code?: string
  message?: string
}

/** Options of {@link crossDomainClient}. */
export interface CrossDomainClientOptions {
  /** The storage for the session. @default localStorage */
  storage?: CookieStorage
  /** The prefix of the storage's keys. @default 'better-auth' */
  storagePrefix?: string
  /**
   * Called if the server refuses the one-time token in the page's address.
   *
   * @default a warning on the console
   */
  onRefusedToken?: (error: OneTimeTokenError) => void
}

/** The plugin that {@link crossDomainClient} returns. */
export interface CrossDomainClientPlugin {
  id: 'cross-domain'
  $InferServerPlugin: CrossDomainPlugin
  getActions: ($fetch: any, $store: any) => {
    /** The cookies, for requests to the deployment that this client does not send. */
    getCookie: () => string
  }
  fetchPlugins: {
    id: string
    name: string
    init: (url: string, options?: any) => any
    hooks: { onSuccess: (context: any) => any }
    /**
     * The error of a refused one-time token in the page's address, until a user signs in. It is the
     * `error` of `useConvexAuth`.
     */
    signInError: () => Error | undefined
  }[]
}

const VERIFY = '/cross-domain/one-time-token/verify'

/**
 * The plugin of Better Auth's client that belongs to `crossDomain()` on the server. It keeps the
 * session in a storage of the page, and redeems the one-time token in the page's address before the
 * client requests the session, so the page is never shown as anonymous after a sign-in.
 *
 * @example
 * export const authClient = createAuthClient({
 *   baseURL: import.meta.env.VITE_CONVEX_SITE_URL,
 *   plugins: [convexClient(), crossDomainClient()],
 * })
 */
export function crossDomainClient(options: CrossDomainClientOptions = {}): CrossDomainClientPlugin {
  const { storagePrefix = 'better-auth', onRefusedToken = warn } = options
  const storage = options.storage ?? (typeof window === 'undefined' ? undefined : window.localStorage)
  const jar = storage && new CookieJar(storage, `${storagePrefix}_cookie`)
  let notify = (): void => {}
  /** Settles once the token of the page's address has been redeemed or refused. */
  let redemption: Promise<void> | undefined
  let signInError: Error | undefined

  function refuse(error: OneTimeTokenError): void {
    const { code } = error
    const isKnown = code === 'ONE_TIME_TOKEN_FOREIGN' || code === 'ONE_TIME_TOKEN_INVALID'
    signInError = diagnose(isKnown ? code : 'ONE_TIME_TOKEN_FAILED', undefined, error)
    onRefusedToken(error)
  }

  async function redeem($fetch: any, token: string): Promise<void> {
    const { error } = await $fetch(VERIFY, { method: 'POST', body: { token }, throw: false })
    if (error)
      refuse({ status: error.status ?? 0, code: error.code, message: error.message })
  }

  return {
    id: 'cross-domain',
    $InferServerPlugin: {} as CrossDomainPlugin,
    getActions($fetch, $store) {
      notify = () => $store.notify('$sessionSignal')
      const token = jar && takeOneTimeToken()
      if (token)
        redemption = redeem($fetch, token).catch(error => refuse({ status: 0, message: String(error) }))
      return { getCookie: () => jar?.header ?? '' }
    },
    fetchPlugins: [{
      id: 'cross-domain',
      name: 'Cross Domain',
      async init(url, requestOptions = {}) {
        if (!jar)
          return { url, options: requestOptions }
        if (!url.endsWith(VERIFY) && !requestOptions.signal?.aborted)
          await redemption
        requestOptions.credentials = 'omit'
        requestOptions.headers = { ...toRecord(requestOptions.headers), [COOKIE_HEADER]: jar.header }
        return { url, options: requestOptions }
      },
      hooks: {
        onSuccess({ request, response, data }) {
          if (!jar)
            return
          const before = jar.sessionToken
          const setCookies = response.headers.get(SET_COOKIE_HEADER)
          if (setCookies)
            jar.store(setCookies)
          if (data === null && /\/get-session$/.test(String(request.url).replace(/[?#].*/, '')))
            jar.endSession()
          // The answer to a sign-in, or to a request for the current session.
          if (data?.user)
            signInError = undefined
          if (jar.sessionToken !== before && jar.sessionToken !== undefined)
            notify()
        },
      },
      signInError: () => signInError,
    }],
  }
}

function toRecord(headers: any): Record<string, string> {
  return headers instanceof Headers ? Object.fromEntries(headers.entries()) : { ...headers }
}

function warn({ code, message }: OneTimeTokenError): void {
  console.warn(`[convue] The one-time token in the page's address was not accepted: ${message ?? code ?? 'no answer'}`)
}
