/** `convexAuthSource`: the identity provider of an app whose deployment has Convex Auth. */

import type { Value } from 'convex/values'
import type { SessionSnapshot, TokenSource } from 'convue'
import type { CallOutcome } from './convex-auth-call.ts'
import type { ConvexAuthStorage, ConvexAuthTokens } from './convex-auth-storage.ts'
import { diagnose } from '../errors/diagnose.ts'
import { readClaims } from '../shared/jwt.ts'
import { callSignIn, callSignOut, valueOf } from './convex-auth-call.ts'
import { createTokenStore, defaultStorage } from './convex-auth-storage.ts'
import { SessionReports } from './session-reports.ts'
import { describeUser } from './standard-claims.ts'
import { ageOf, outcomeOf } from './token-outcome.ts'

/** Options of {@link convexAuthSource}. */
export interface ConvexAuthSourceOptions {
  /** The deployment's URL, as in `createConvex`. */
  url: string
  /**
   * Where the tokens are kept. With `sessionStorage`, each tab has a session of its own.
   *
   * @default localStorage
   */
  storage?: ConvexAuthStorage
  /**
   * Distinguishes the tokens of several apps in one storage. Characters other than letters and
   * digits are ignored.
   *
   * @default the deployment's URL
   */
  storageNamespace?: string
  /**
   * Whether `code` in the address of the page belongs to Convex Auth: the code of a magic link, or
   * of a provider that the user returns from. Pass `false` on the pages of other OAuth clients.
   *
   * @default true
   */
  handleCode?: boolean
  /**
   * Replaces the address of the page by the same address without `code`, which can be used once.
   *
   * @param path The path, the query and the fragment.
   * @default `history.replaceState`. With Vue Router: `path => router.replace(path)`
   */
  replaceUrl?: (path: string) => unknown
  /**
   * Opens the page of a provider, on which the sign-in continues.
   *
   * @default `location.assign`, which leaves the page
   */
  openProvider?: (url: URL) => unknown
}

/** The answer to a sign-in with Convex Auth. */
export interface ConvexAuthSignInAnswer {
  /**
   * The session that has started. `null` if another step is necessary: the user must enter a code
   * or open a mail, or sign in on the page of a provider.
   */
  session: { id: string } | null
  /** The page of the provider, which is being opened. */
  redirect?: URL
}

/** The identity provider that {@link convexAuthSource} returns. */
export interface ConvexAuthSource extends TokenSource {
  /**
   * Signs a user in or up. Call it inside `signIn` of `useConvexSignIn`, which waits until the
   * deployment has confirmed the user. To sign out, call `signOut` of `useConvexAuth`.
   *
   * @param provider The id of the provider, such as `password`, `anonymous` or `github`.
   * @param params The fields that the provider requires. `redirectTo` is where a user of an OAuth
   * provider or of a magic link returns to.
   * @throws the error of the provider, such as `InvalidSecret`, or of the network
   */
  signIn: (provider: string, params?: FormData | Record<string, Value>) => Promise<ConvexAuthSignInAnswer>
  signOut: NonNullable<TokenSource['signOut']>
}

/** The name of the lock, which is that of Convex Auth's own client. */
const REFRESH_LOCK = '__convexAuthRefreshToken'

/**
 * The identity provider for `createConvex`, and the client of Convex Auth: it signs users in and
 * out, keeps their tokens in the browser, and renews them. Tabs share a session.
 *
 * @param options The deployment's URL, and where tokens are kept.
 * @see https://labs.convex.dev/auth
 * @example
 * export const convexAuth = convexAuthSource({ url })
 * app.use(createConvex({ url, tokenSource: convexAuth }))
 * await convexAuth.signIn('password', { email, password, flow: 'signIn' })
 */
export function convexAuthSource(options: ConvexAuthSourceOptions): ConvexAuthSource {
  const { url, storageNamespace = url, openProvider = target => location.assign(target) } = options
  const isServer = typeof window === 'undefined'
  const storage = options.storage ?? defaultStorage()
  const store = createTokenStore(storage, storageNamespace)
  const reports = new SessionReports()
  /** The token that Convue has received last. */
  let delivered: string | undefined
  /** The token that this page has received from the deployment last. */
  let issued: string | undefined
  /** The code in the address of the page, until the deployment has answered. */
  let code = isServer ? null : takeCode(options)
  let verifier: Promise<string | undefined> | undefined
  let started = isServer ? Promise.resolve() : start()

  function startAgain(): Promise<void> {
    started = started.then(start)
    return started
  }

  /** Finds the session of the page: that of the code in its address, or that of the storage. */
  async function start(): Promise<void> {
    try {
      const problem = code ? await redeemCode(code) : undefined
      const stored = await store.read()
      report(stored, stored ? undefined : problem)
    }
    catch (error) {
      reports.report({ status: 'failed', error: error as Error })
    }
  }

  /** @returns the reason if the code does not lead to a session. */
  async function redeemCode(value: string): Promise<Error | undefined> {
    verifier ??= store.takeVerifier()
    const args = { params: { code: value }, verifier: await verifier }
    const outcome = await callAsUser(token => callSignIn(args, { url, token }))
    code = null
    const tokens = outcome.kind === 'returned' && outcome.value.tokens
    if (!tokens)
      return diagnose('SIGN_IN_CODE_INVALID', undefined, outcome.kind === 'thrown' ? outcome.error : undefined)
    await keep(tokens)
  }

  /** Stores the answer of the deployment. */
  async function keep(tokens: ConvexAuthTokens | null): Promise<void> {
    issued = tokens?.token
    await store.write(tokens)
  }

  function report(tokens: ConvexAuthTokens | null, error?: Error): void {
    reports.report(describe(tokens, error))
  }

  /**
   * A token of the stored session that differs from `previous`; `null` if the session has ended.
   * Only one tab at a time uses a refresh token: the others find its tokens in the storage.
   */
  async function renewToken(previous: string | undefined, signal?: AbortSignal): Promise<string | null> {
    return await underLock(signal, async () => {
      const stored = await store.read()
      if (!stored || (stored.token !== previous && !hasExpired(stored.token)))
        return stored?.token ?? null
      const { refreshToken } = stored
      const { tokens = null } = valueOf(await callSignIn({ refreshToken }, { url, token: null, signal }))
      const latest = await store.read()
      // A user has signed in or out in the meantime: these tokens belong to the previous session.
      if (latest?.refreshToken !== refreshToken)
        return latest?.token ?? null
      await keep(tokens)
      report(tokens, tokens ? undefined : diagnose('SESSION_ENDED'))
      return tokens?.token ?? null
    })
  }

  /** Calls the deployment as the user of the stored session, or anonymously. */
  async function callAsUser<T>(
    call: (token: string | null) => Promise<CallOutcome<T>>,
    signal?: AbortSignal,
  ): Promise<CallOutcome<T>> {
    const stored = await store.read()
    const token = stored && hasExpired(stored.token) ? await renewToken(stored.token, signal) : stored?.token ?? null
    const outcome = await call(token)
    if (outcome.kind !== 'refused' || !token)
      return outcome
    return await call(await renewToken(token, signal))
  }

  /** The current token; with `force`, another one than Convue has received. */
  async function findToken(force: boolean, signal: AbortSignal): Promise<string | null> {
    await started
    if (code)
      await startAgain()
    const snapshot = reports.getSnapshot()
    if (code && snapshot.status === 'failed')
      throw snapshot.error
    const stored = await store.read()
    const isUsable = stored && !force && !hasExpired(stored.token)
    const token = isUsable ? stored.token : await renewToken(force ? delivered : stored?.token, signal)
    if (token && !signal.aborted)
      delivered = token
    return token
  }

  return {
    getSnapshot: reports.getSnapshot,
    subscribe(listener) {
      const onStorage = ({ storageArea, key }: StorageEvent): void => {
        // Another tab has changed the tokens. `null`: it has cleared the whole storage.
        if (storageArea === storage && (key === store.jwtKey || key === null))
          void startAgain()
      }
      addEventListener('storage', onStorage)
      const unsubscribe = reports.subscribe(listener)
      return () => {
        removeEventListener('storage', onStorage)
        unsubscribe()
      }
    },
    // There is no `refresh`: a token request says more about a session than the storage.
    async fetchToken({ force, signal }) {
      const outcome = await outcomeOf(false, () => findToken(force, signal))
      // Even a forced token may be from the storage: another tab has renewed it.
      if (outcome.kind !== 'token' || outcome.token === issued)
        return outcome
      return { ...outcome, ageMs: ageOf(outcome.token) }
    },
    async signIn(provider, params = {}) {
      await started
      const fields = params instanceof FormData
        ? Object.fromEntries([...params].map(([name, value]) => [name, String(value)]))
        : params
      const args = { provider, params: fields, verifier: await store.takeVerifier() }
      const { tokens, redirect, verifier: next } = valueOf(await callAsUser(token => callSignIn(args, { url, token })))
      if (redirect) {
        if (next)
          await store.writeVerifier(next)
        const target = new URL(redirect)
        openProvider(target)
        return { session: null, redirect: target }
      }
      // Without tokens, another step is necessary. The current user remains signed in until then.
      if (!tokens)
        return { session: null }
      await keep(tokens)
      report(tokens)
      return { session: { id: sessionOf(tokens.token) } }
    },
    async signOut({ signal }) {
      await started
      valueOf(await callAsUser(token => callSignOut({ url, token, signal }), signal))
      await keep(null)
      report(null)
    },
  }
}

function describe(tokens: ConvexAuthTokens | null, error?: Error): SessionSnapshot {
  const claims = readClaims(tokens?.token)
  if (!claims)
    return { status: 'signedOut', ...error && { error } }
  const [id, sessionId = null] = claims.sub.split('|')
  // The token names its user by `sub`, which contains the session. For the app, `id` is that of the
  // document in the table `users`.
  return {
    status: 'signedIn',
    userId: claims.sub,
    sessionId,
    user: { ...describeUser(claims), id },
    session: { id: sessionId },
  }
}

function sessionOf(token: string): string {
  return readClaims(token)?.sub.split('|')[1] ?? ''
}

/** Whether a token has expired, or will have when the deployment receives it. */
function hasExpired(token: string): boolean {
  const LEEWAY_MS = 10_000
  return (readClaims(token)?.exp ?? 0) * 1000 - LEEWAY_MS < Date.now()
}

/** The code in the address of the page, which is removed from the address. */
function takeCode({ handleCode = true, replaceUrl = replaceState }: ConvexAuthSourceOptions): string | null {
  const address = new URL(location.href)
  const code = address.searchParams.get('code')
  if (!code || !handleCode)
    return null
  address.searchParams.delete('code')
  replaceUrl(`${address.pathname}${address.search}${address.hash}`)
  return code
}

/** Keeps the state of the page, which belongs to the router. */
function replaceState(path: string): void {
  history.replaceState(history.state, '', path)
}

/** Runs in one tab at a time. A page without a secure origin has no locks. */
async function underLock<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined
  return locks ? await locks.request(REFRESH_LOCK, { ...signal && { signal } }, run) : await run()
}
