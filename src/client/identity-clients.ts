/** Opens, replaces and closes the clients of an app: one for the user, and an anonymous one. */
import type { ConnectionState, ConvexClient, ConvexClientOptions } from 'convex/browser'
import type { ShallowRef } from 'vue'
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { Cancel } from '../shared/schedule.ts'
import type { AuthEngine } from '../token/auth-engine.ts'
import type { AuthState } from '../token/auth-state.ts'
import type { CallRegistry } from './call-registry.ts'
import type { ClientListener, ClientLookup, IdentityClient, UserCredentials } from './identity-client.ts'
import type { AuthMode, RunsAs } from './identity-for.ts'
import { shallowRef } from 'vue'
import { diagnose } from '../errors/diagnose.ts'
import { IdentityChangedError } from '../errors/identity-changed-error.ts'
import { backOffDelay } from '../shared/back-off.ts'
import { schedule } from '../shared/schedule.ts'
import { hasToken, isIdentityChange, isTokenUsable } from '../token/auth-state.ts'
import { createCallRegistry } from './call-registry.ts'
import { openIdentityClient } from './identity-client.ts'
import { isUserExpected, runsAs, userIdFor } from './identity-for.ts'

/** A client that is open, for DevTools. */
export interface OpenClient {
  kind: 'user' | 'anonymous'
  client: IdentityClient
}

/**
 * The clients of an app, one for each identity.
 *
 * - The user's client is opened as soon as a user is expected, and sends nothing before the token.
 * - The anonymous client is open while a query or a call needs it, or while the app may use it.
 * - An identity change closes the client of the previous identity. No client ever changes identity.
 * - A client that has ended is replaced: after refused tokens, as soon as there is another token;
 *   after a fatal error, when the back-off has ended.
 *
 * @see docs/contributing/convex-client.md#sign-out
 */
export interface IdentityClients {
  /**
   * The connection state of the user's client if it is open, or else of the anonymous client.
   * `null` while neither of them is open.
   */
  readonly state: ShallowRef<ConnectionState | null>
  readonly calls: CallRegistry
  /**
   * Opens and closes clients for a new auth state, and sends the calls that waited. The caller then
   * binds queries to their clients, in the same tick.
   */
  applyAuthState: (state: AuthState, previous?: AuthState) => void
  /**
   * `createConvex` sets this function. It is called when a client that has ended can be replaced,
   * and calls {@link applyAuthState}, which opens the next client.
   */
  onClientReplaced: () => void
  /**
   * Returns the client for an auth mode, and opens the client if necessary.
   *
   * @param mode The auth mode.
   * @param isHeld Whether the client must not be used yet. If so, the result is `waiting`.
   */
  clientFor: (mode: AuthMode, isHeld?: boolean) => ClientLookup
  /**
   * Whether a query of this auth mode runs now, and as which identity.
   */
  runsAs: (auth: QueryAuth) => RunsAs
  /** The user whose results a query of this auth mode shows now: see {@link userIdFor}. */
  userIdFor: (auth: QueryAuth) => string | null | undefined
  /**
   * The client of the current identity, or of the user that is expected.
   *
   * @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED`
   */
  currentClient: () => ConvexClient
  /**
   * Begins to determine which user is signed in, and opens the client of the user. Called by
   * everything that depends on the user. Before the first call, the page sends no request for it.
   */
  needUser: () => void
  /** @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED` */
  assertAvailable: () => void
  /**
   * Called when the page is visible or online again: reconnects disconnected clients at once,
   * without waiting for the end of the back-off.
   */
  reconnect: () => void
  /** Closes the anonymous client if nothing needs it. */
  closeUnused: () => void
  close: () => Promise<void>
  /** The open clients, for DevTools. `undefined` in production. */
  opened?: ShallowRef<readonly OpenClient[]>
}

export function createIdentityClients(
  engine: AuthEngine,
  url: string,
  options: ConvexClientOptions,
  isServer: boolean,
): IdentityClients {
  const state: IdentityClients['state'] = shallowRef(null)
  const calls = createCallRegistry(assertAvailable, clientFor, closeUnused)
  const listener: ClientListener = { onResults, onEnd }
  /** The reason why no client can be opened; `false` while clients can be opened. */
  let unavailableCode: 'CLIENT_UNAVAILABLE' | 'CLOSED' | false = isServer && 'CLIENT_UNAVAILABLE'
  let userClient: IdentityClient | null = null
  let anonymousClient: IdentityClient | null = null
  /**
   * Whether the app has read the anonymous `ConvexClient`, such as from `useConvexClient().client`.
   * Convue cannot detect whether the app still uses this client, so the client remains open.
   */
  let isAnonymousClientLent = false
  /** The number of fatal errors since the last results. */
  let consecutiveFatalErrors = 0
  /**
   * Set during the back-off after a fatal error. A client that has ended is replaced only after the
   * back-off.
   */
  let cancelBackOff: Cancel | undefined
  let stopWatchingState: Cancel | undefined

  engine.onTokenAvailable(() => userClient?.authenticate())

  const clients: IdentityClients = {
    state,
    calls,
    applyAuthState(state, previous) {
      if (previous && isIdentityChange(previous, state))
        endIdentity(previous)
      const isExpected = isUserExpected(state)
      if (!isExpected || hasConnectedBeforeToken(state, previous))
        replaceClients(null)
      if (!cancelBackOff)
        closeEnded(state)
      if (isExpected && engine.isNeeded)
        openUserClient()
      calls.sendAll()
    },
    onClientReplaced() {},
    clientFor,
    runsAs: auth => runsAs(auth, engine.state),
    userIdFor: auth => userIdFor(auth, engine.state),
    needUser,
    assertAvailable,
    currentClient() {
      assertAvailable()
      needUser()
      isAnonymousClientLent ||= !userClient
      return (userClient ?? openAnonymousClient()).convex
    },
    reconnect() {
      userClient?.reconnect()
      anonymousClient?.reconnect()
      if (cancelBackOff)
        endBackOff()
    },
    closeUnused,
    async close() {
      unavailableCode = 'CLOSED'
      stopWatchingState?.()
      cancelBackOff?.()
      calls.endAll(() => diagnose('CLOSED'))
      state.value = null
      await Promise.all([userClient?.close(), anonymousClient?.close()])
    },
  }
  if (process.env.NODE_ENV !== 'production')
    clients.opened = shallowRef([])
  return clients

  function assertAvailable(): void {
    if (unavailableCode)
      throw diagnose(unavailableCode)
  }

  function needUser(): void {
    if (engine.isNeeded || unavailableCode)
      return
    engine.need()
    clients.applyAuthState(engine.state)
  }

  function clientFor(mode: AuthMode, isHeld?: boolean): ClientLookup {
    if (mode !== 'public')
      needUser()
    const identity = unavailableCode ? 'unavailable' : runsAs(mode, engine.state)
    if (identity === 'unavailable')
      return identity
    if (identity === 'waiting' || isHeld)
      return 'waiting'
    return identity === 'user' ? openUserClient() : openAnonymousClient()
  }

  function endIdentity(previous: AuthState): void {
    // If an anonymous mutation was not sent, it must not be sent later. Therefore, the anonymous
    // client is closed as well.
    const hasAnonymousWrites = previous.user === null && calls.hasWrites
    calls.endAll(outcome => new IdentityChangedError(outcome))
    replaceClients(null, hasAnonymousWrites ? null : anonymousClient)
    isAnonymousClientLent = false
  }

  /**
   * Whether the user's client has sent `Connect` without a token, for example because the socket
   * reconnected while the token was requested. The client would then send the user's queries before
   * `Authenticate`.
   */
  function hasConnectedBeforeToken(state: AuthState, previous?: AuthState): boolean {
    return previous?.status === 'loading' && hasToken(state) && !!userClient?.convex.connectionState().hasEverConnected
  }

  function openUserClient(): IdentityClient {
    if (!userClient) {
      replaceClients(openClient(engine))
      // `authenticate` is called after the replacement, since it may request a token, and the
      // request may call `openUserClient` again.
      userClient!.authenticate()
    }
    return userClient!
  }

  function openAnonymousClient(): IdentityClient {
    if (!anonymousClient)
      replaceClients(userClient, openClient())
    return anonymousClient!
  }

  function openClient(credentials?: UserCredentials): IdentityClient {
    return openIdentityClient(url, options, listener, credentials)
  }

  function onResults(): void {
    consecutiveFatalErrors = 0
    closeUnused()
  }

  function onEnd(client: IdentityClient, isFatal: boolean): void {
    calls.endLost(client)
    if (!isFatal)
      return
    cancelBackOff?.()
    cancelBackOff = schedule(endBackOff, backOffDelay(++consecutiveFatalErrors))
  }

  function endBackOff(): void {
    cancelBackOff?.()
    cancelBackOff = undefined
    clients.onClientReplaced()
  }

  function closeUnused(): void {
    if (anonymousClient?.isIdle && !isAnonymousClientLent && calls.size === 0)
      replaceClients(userClient, null)
  }

  /**
   * Closes clients that have ended, so that other clients can be opened. If the user's token was
   * refused, the user's client is closed only when there is another token.
   */
  function closeEnded(state: AuthState): void {
    const isTokenRefused = hasToken(state) && !isTokenUsable(state)
    if (userClient?.hasEnded && !isTokenRefused)
      replaceClients(null)
    if (anonymousClient?.hasEnded)
      replaceClients(userClient, null)
  }

  /** Sets both clients, and closes the previous clients that are no longer used. */
  function replaceClients(nextUserClient: IdentityClient | null, nextAnonymousClient = anonymousClient): void {
    const previous = [userClient, anonymousClient]
    if (nextUserClient === userClient && nextAnonymousClient === anonymousClient)
      return
    userClient = nextUserClient
    anonymousClient = nextAnonymousClient
    for (const client of previous) {
      if (client !== userClient && client !== anonymousClient)
        void client?.close()
    }
    watchState()
    if (process.env.NODE_ENV !== 'production')
      clients.opened!.value = listOpened(userClient, anonymousClient)
  }

  function watchState(): void {
    stopWatchingState?.()
    const base = (userClient ?? anonymousClient)?.convex.client
    state.value = base?.connectionState() ?? null
    stopWatchingState = base?.subscribeToConnectionState(next => state.value = next)
  }
}

function listOpened(user: IdentityClient | null, anonymous: IdentityClient | null): OpenClient[] {
  const opened: OpenClient[] = []
  if (user)
    opened.push({ kind: 'user', client: user })
  if (anonymous)
    opened.push({ kind: 'anonymous', client: anonymous })
  return opened
}
