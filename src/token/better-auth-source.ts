/** Better Auth as a token source. Decides which answers are definite and which are failures. */
import type { HookedClient } from './auth-client-hooks.ts'
import type { SessionSnapshot, TokenOutcome, TokenSource } from './token-source.ts'
import { diagnose } from '../errors/diagnose.ts'
import { isUnauthorized, readJsonAnswer, readSessionAnswer } from '../shared/auth-answers.ts'
import { readRetryAfter } from '../shared/retry-after.ts'
import { hookAuthClient, INCONCLUSIVE } from './auth-client-hooks.ts'

/**
 * A Better Auth client with the `convexClient()` plugin, made by `createAuthClient` of
 * `better-auth/vue` or `better-auth/client`.
 */
export interface BetterAuthClient {
  $fetch: (path: string, options?: any) => Promise<any>
  $store: { atoms: Record<string, any>, notify?: (...args: any[]) => any }
  /** Added by `convexClient()`. A client without that plugin does not have this type. */
  convex: { token: (...args: any[]) => Promise<any> }
  signOut: (...args: any[]) => Promise<any>
}

/** The nanostores atom in which a Better Auth client keeps the session. */
interface SessionAtom {
  /** The current value. Reading it does not mount the atom, which would send a request. */
  value: SessionValue
  subscribe: (listener: (value: SessionValue) => void) => () => void
}

interface SessionValue {
  /** The answer of get-session. Not typed, since it may be any page that a proxy returned. */
  data: any
  error: any
  isPending: boolean
  /** The session is being requested again, and this value is the previous answer. */
  isRefetching?: boolean
  refetch: (options: { query: { disableCookieCache: boolean } }) => unknown
}

/** A token source that can also wait for requests that may change the session. */
export interface BetterAuthSource extends TokenSource {
  /** Resolves once no request of the client that may change the session is pending. */
  whenIdle: () => Promise<void>
}

/**
 * Better Auth as a {@link TokenSource}. `tokenPath` is the path of the token endpoint, below the
 * path of Better Auth's routes.
 *
 * @throws {ConvueError} `AUTH_CLIENT_INVALID`
 */
export function betterAuthSource(
  client: Omit<BetterAuthClient, 'convex'>,
  tokenPath = '/convex/token',
): BetterAuthSource {
  const atom: SessionAtom | undefined = client.$store?.atoms?.session
  if (!atom)
    throw diagnose('AUTH_CLIENT_INVALID')

  let hooked: HookedClient | undefined
  /**
   * How many consecutive answers reported that there is no token endpoint, and when the first of
   * them arrived.
   */
  let missingCount = 0
  let missingSince = 0
  let isReported = false
  const readSnapshot = (): SessionSnapshot => toSnapshot(atom.value, hooked)

  async function fetchToken({ signal }: { signal: AbortSignal }): Promise<TokenOutcome> {
    let failed: { response: Response, responseText: string } | undefined
    const { data, error } = await client.$fetch(tokenPath, {
      signal,
      // With `throw: true`, which the app's client may have, the status of an answer would be lost.
      throw: false,
      onError(context: { response: Response, responseText: string }) {
        failed = context
      },
    })
    const status = error?.status
    if (status !== 404)
      missingCount = 0
    if (data?.token)
      return { kind: 'token', token: data.token }
    if (failed && isUnauthorized(status, readJsonAnswer(failed.responseText)))
      return { kind: 'denied' }
    if (status === 404)
      return onMissing(error)
    // Any other status, such as 403, 408, 429 or 5xx, is a failure that is retried.
    const retryAfterMs = failed && readRetryAfter(failed.response.headers)
    return { kind: 'failed', error: diagnose('TOKEN_REQUEST_FAILED', status, error), retryAfterMs }
  }

  /**
   * A few answers with status 404 may be temporary, for example while the app is being deployed. If
   * they continue, the set-up is wrong, and frequent retries do not help.
   */
  function onMissing(cause: unknown): TokenOutcome {
    const RETRY_MISSING_AFTER_MS = 300_000
    const MIN_COUNT = 5
    const MIN_DURATION_MS = 30_000
    const error = diagnose('TOKEN_ENDPOINT_MISSING', tokenPath, cause)
    missingCount++
    if (missingCount === 1)
      missingSince = performance.now()
    if (missingCount < MIN_COUNT || performance.now() - missingSince < MIN_DURATION_MS)
      return { kind: 'failed', error }
    if (!isReported)
      console.error(error)
    isReported = true
    return { kind: 'failed', error, retryAfterMs: RETRY_MISSING_AFTER_MS }
  }

  return {
    get id() {
      return hookAuthClient(client).baseURL
    },
    whenIdle: () => hookAuthClient(client).whenIdle(),
    sessionToken(userId) {
      const { user, session } = atom.value.data ?? {}
      return user?.id === userId ? session?.token : undefined
    },
    getSnapshot: readSnapshot,
    subscribe(listener) {
      hooked = hookAuthClient(client)
      return atom.subscribe((value) => {
        if (!value.isRefetching)
          listener(readSnapshot())
      })
    },
    // Bypasses Better Auth's cookie cache, whose session may be minutes old. The token endpoint
    // reads this cache too.
    refresh: () => void atom.value.refetch({ query: { disableCookieCache: true } }),
    fetchToken,
    async signOut({ signal }) {
      const { data, error } = await client.signOut({ fetchOptions: { signal, throw: false } })
      if (data?.success)
        return
      // A success without Better Auth's body (an empty answer, a firewall's page) does not show
      // whether the session has ended.
      if (error || (await fetchToken({ signal })).kind !== 'denied')
        throw error ?? diagnose('SIGN_OUT_FAILED', 'unconfirmed')
    },
  }
}

/**
 * With hooks, the client treats inconclusive answers as errors, see {@link hookAuthClient}.
 *
 * @see docs/contributing/convex-client.md#better-auth-on-convex
 */
function toSnapshot({ data, error, isPending }: SessionValue, hooked: HookedClient | undefined): SessionSnapshot {
  // After a failed request, `data` still belongs to the previous answer.
  const answer = error ? null : readSessionAnswer(data)
  if (answer)
    return { status: 'signedIn', userId: answer.user.id, sessionId: answer.session.id, ...answer }
  if (isPending)
    return { status: 'pending' }
  const isSignedOut = error ? error.status === 401 : data === null
  if (isSignedOut && hooked?.isHooked)
    return { status: 'signedOut', error: hooked.signInError?.() }
  // If the client throws its errors, `error.error` contains the body of the answer.
  const code = (error?.error ?? error)?.code
  return {
    status: 'failed',
    // The error does not include an unexpected answer, which may contain parts of a session.
    error: diagnose('SESSION_REQUEST_FAILED', undefined, error),
    isInconclusive: !error || isSignedOut || code === INCONCLUSIVE,
  }
}
