import type { SessionSnapshot, TokenSource } from './token-source.ts'
import { diagnose } from '../diagnostics.ts'
import { readRetryAfter } from './retry-after.ts'

/**
 * A Better Auth client with the `convexClient()` plugin, made by `createAuthClient` of `better-auth/vue` or `better-auth/client`.
 */
export interface BetterAuthClient {
  $fetch: (path: string, options?: any) => Promise<any>
  $store: { atoms: Record<string, any> }
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
  error: unknown
  isPending: boolean
  /** It is being asked again, and what is here has been heard before. */
  isRefetching?: boolean
  refetch: () => unknown
}

/**
 * Better Auth as a {@link TokenSource}.
 *
 * @throws {ConvueError} `AUTH_CLIENT_INVALID`
 */
export function betterAuthSource(client: BetterAuthClient): TokenSource {
  const atom: SessionAtom | undefined = client.$store?.atoms?.session
  if (!atom)
    throw diagnose('AUTH_CLIENT_INVALID')

  return {
    getSnapshot: () => toSnapshot(atom.value),
    subscribe: listener => atom.subscribe(value => value.isRefetching || listener(toSnapshot(value))),
    refresh: () => void atom.value.refetch(),
    async fetchToken({ signal }) {
      let headers: Headers | undefined
      const { data, error } = await client.$fetch('/convex/token', {
        signal,
        throw: false, // whatever the app's client does
        onResponse({ response }: { response: Response }) {
          headers = response.headers
        },
      })
      if (data?.token)
        return { kind: 'token', token: data.token }
      if (isJsonUnauthorized(error))
        return { kind: 'denied' }
      const status = error?.status
      return {
        kind: 'failed',
        error: diagnose(status === 404 ? 'TOKEN_ENDPOINT_MISSING' : 'TOKEN_REQUEST_FAILED', status, error),
        retryAfterMs: headers && readRetryAfter(headers),
      }
    },
    async signOut() {
      const { data, error } = await client.signOut({ fetchOptions: { throw: false } })
      // A firewall's page may come with 200.
      if (!data?.success)
        throw error
    },
  }
}

function toSnapshot({ data, error, isPending }: SessionValue): SessionSnapshot {
  // An answer that failed leaves the data of the former one there.
  if (!error && data?.user?.id && data.session?.id) {
    const { user, session: { token: _secret, ...session } } = data
    return { status: 'signedIn', userId: user.id, sessionId: session.id, user, session }
  }
  if (isPending)
    return { status: 'pending' }
  // Of an answer that is none, nothing goes into an error: it may hold half a session.
  return data === null && (!error || isJsonUnauthorized(error))
    ? { status: 'signedOut' }
    : { status: 'failed', error: diagnose('SESSION_REQUEST_FAILED', undefined, error) }
}

/**
 * A 401 in JSON comes from Better Auth itself; any other answer, a firewall's 401 page included, says nothing about the session. Better Auth's
 * client merges a JSON body into its error; from any other body only `status` and `statusText` are left.
 */
function isJsonUnauthorized(error: any): boolean {
  // A client that throws its errors keeps the body apart.
  const body = error instanceof Error ? (error as any).error : error
  return error?.status === 401 && typeof body === 'object' && Object.keys(body ?? {}).some(key => !key.startsWith('status'))
}
