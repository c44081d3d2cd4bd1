import type { HookedClient } from './auth-client-hooks.ts'
import type { SessionSnapshot, TokenOutcome, TokenSource } from './token-source.ts'
import { diagnose } from '../errors/catalogue.ts'
import { isUnauthorized, readJsonAnswer, readSessionAnswer } from '../shared/auth-answers.ts'
import { readRetryAfter } from '../shared/retry-after.ts'
import { hookAuthClient, INCONCLUSIVE } from './auth-client-hooks.ts'

/**
 * A Better Auth client with the `convexClient()` plugin, made by `createAuthClient` of `better-auth/vue` or `better-auth/client`.
 */
export interface BetterAuthClient {
  $fetch: (path: string, options?: any) => Promise<any>
  $store: { atoms: Record<string, any>, notify?: (...args: any[]) => any }
  /** Typed by `convexClient()`: without that plugin the client does not fit here. */
  convex: { token: (...args: any[]) => Promise<any> }
  signOut: (...args: any[]) => Promise<any>
}

/** The nanostores atom in which a Better Auth client keeps the session. */
interface SessionAtom {
  /** The value without mounting the atom, which would ask the server. */
  value: SessionValue
  subscribe: (listener: (value: SessionValue) => void) => () => void
}

interface SessionValue {
  /** What get-session answered: typed by Better Auth, but any page of any proxy may stand here. */
  data: any
  error: any
  isPending: boolean
  /** It is being asked again, and what is here has been heard before. */
  isRefetching?: boolean
  refetch: (options: { query: { disableCookieCache: boolean } }) => unknown
}

/** Better Auth, and whether it may be about to change the session. */
export interface BetterAuthSource extends TokenSource {
  /** Resolves once no request of the client is under way that may change the session. */
  whenIdle: () => Promise<void>
}

/**
 * Better Auth as a {@link TokenSource}.
 *
 * @throws {ConvueError} `AUTH_CLIENT_INVALID`
 */
export function betterAuthSource(client: Omit<BetterAuthClient, 'convex'>): BetterAuthSource {
  const atom: SessionAtom | undefined = client.$store?.atoms?.session
  if (!atom)
    throw diagnose('AUTH_CLIENT_INVALID')

  let hooked: HookedClient | undefined
  /** How many answers in a row said that there is no token endpoint, and when the first of them came. */
  let missing = 0
  let missingSince = 0
  let isReported = false
  const read = (): SessionSnapshot => toSnapshot(atom.value, typeof hooked?.baseURL === 'string')

  async function fetchToken(signal?: AbortSignal): Promise<TokenOutcome> {
    let failed: { response: Response, responseText: string } | undefined
    const { data, error } = await client.$fetch('/convex/token', {
      signal,
      throw: false, // whatever the app's client does
      onError(context: { response: Response, responseText: string }) {
        failed = context
      },
    })
    if (data?.token) {
      missing = 0
      return { kind: 'token', token: data.token }
    }
    const status = error?.status
    if (failed && isUnauthorized(status, readJsonAnswer(failed.responseText)))
      return { kind: 'denied' }
    if (status === 404)
      return onMissing(error)
    missing = 0
    return { kind: 'failed', error: diagnose('TOKEN_REQUEST_FAILED', status, error), retryAfterMs: failed && readRetryAfter(failed.response.headers) }
  }

  /** A few of them may be an accident, as during a deploy. If they go on, it is a mistake, which no retry mends soon. */
  function onMissing(cause: unknown): TokenOutcome {
    const RETRY_MISSING_AFTER_MS = 300_000
    const LEAST_MISSES = 5
    const LEAST_DURATION_MS = 30_000
    const error = diagnose('TOKEN_ENDPOINT_MISSING', undefined, cause)
    if (++missing === 1)
      missingSince = performance.now()
    if (missing < LEAST_MISSES || performance.now() - missingSince < LEAST_DURATION_MS)
      return { kind: 'failed', error }
    if (!isReported)
      console.error(error)
    isReported = true
    return { kind: 'failed', error, retryAfterMs: RETRY_MISSING_AFTER_MS }
  }

  return {
    get id() {
      const { ready } = hookAuthClient(client)
      return ready.then(baseURL => baseURL ?? '')
    },
    whenIdle: () => hookAuthClient(client).whenIdle(),
    getSnapshot: read,
    subscribe(listener) {
      hooked = hookAuthClient(client)
      return atom.subscribe(value => value.isRefetching || listener(read()))
    },
    // What the cookie cache of Better Auth holds may be minutes old, for the token endpoint as well.
    refresh: () => void atom.value.refetch({ query: { disableCookieCache: true } }),
    fetchToken: ({ signal }) => fetchToken(signal),
    async signOut({ signal }) {
      const { data, error } = await client.signOut({ fetchOptions: { signal, throw: false } })
      if (data?.success)
        return
      // A success without Better Auth's body (nothing, a firewall's page) does not tell whether the session has ended.
      if (error || (await fetchToken(signal)).kind !== 'denied')
        throw error ?? new Error('The answer does not say whether the session has ended.')
    },
  }
}

/** `isHooked`: the client takes answers that say nothing about the session for errors, see {@link hookAuthClient}. */
function toSnapshot({ data, error, isPending }: SessionValue, isHooked: boolean): SessionSnapshot {
  // An answer that failed leaves the data of the former one there.
  const answer = error ? null : readSessionAnswer(data)
  if (answer)
    return { status: 'signedIn', userId: answer.user.id, sessionId: answer.session.id, ...answer }
  if (isPending)
    return { status: 'pending' }
  const isSignedOut = error ? error.status === 401 : data === null
  if (isSignedOut && isHooked)
    return { status: 'signedOut' }
  // A client that throws its errors keeps the body apart.
  const { code } = (error instanceof Error ? (error as any).error : error) ?? {}
  return {
    status: 'failed',
    // Of an answer that is none, nothing goes into an error: it may hold half a session.
    error: diagnose('SESSION_REQUEST_FAILED', undefined, error),
    isInconclusive: !error || isSignedOut || code === INCONCLUSIVE,
  }
}
