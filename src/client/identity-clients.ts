import type { ConnectionState, ConvexClient, ConvexClientOptions } from 'convex/browser'
import type { ShallowRef } from 'vue'
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { AuthEngine } from '../token/auth-engine.ts'
import type { AuthState } from '../token/auth-state.ts'
import type { ClientListener, IdentityClient } from './identity-client.ts'
import type { Call, PendingCall } from './pending-call.ts'
import { shallowRef } from 'vue'
import { diagnose } from '../errors/catalogue.ts'
import { IdentityChangedError } from '../errors/identity-changed-error.ts'
import { backOffDelay } from '../shared/back-off.ts'
import { hasToken, isIdentityChange, isTokenUsable } from '../token/auth-state.ts'
import { createCallRegistry } from './call-registry.ts'
import { openIdentityClient } from './identity-client.ts'

/**
 * The connections of an app: one client per identity, nobody's included.
 *
 * - A person's client is opened as soon as somebody is believed to be there, and says nothing until their token is in hand.
 * - Nobody's client is open while something needs it.
 * - Who goes takes their client along: none is ever given to somebody else.
 * - Where the deployment has refused a client's tokens or has sent a fatal error, another client takes its place as soon as there is another token,
 *   or after a back-off.
 */
export interface IdentityClients {
  /** The state of the client that matters most: the person's, or else nobody's; `null` while there is none. */
  readonly state: ShallowRef<ConnectionState | null>
  /** A mutation or action has no answer yet, or other work has not ended. */
  hasPendingWrites: () => boolean
  /** A call that shows what it may change has no answer yet: what queries show may be its guess. */
  hasOptimisticCalls: () => boolean
  /** Called, once, when nothing is guessed any more. */
  readonly onOptimisticSettled: Set<() => void>
  /** How to end what is under way besides calls, such as an upload: called when its person goes, and when the plugin is closed. */
  readonly pendingWork: Set<EndWork>
  /** Opens and closes clients for a new state of affairs. Queries are to be bound to theirs afterwards, in the same tick. */
  applyAuthState: (state: AuthState, former?: AuthState) => void
  /** Called when another client can take the place of one that has ended: {@link IdentityClients.applyAuthState} opens it. */
  onClientReplaced: () => void
  /** A call is being handed to its client, which shows what it may change at this moment. */
  readonly isSending: boolean
  /**
   * The client on which something of an auth mode runs: `null` while it is not known (or `isHeld`), `undefined` while nobody is there who is required,
   * and once this is closed.
   */
  clientFor: (auth: QueryAuth | 'call', isHeld?: boolean) => IdentityClient | null | undefined
  /** As whom something of an auth mode runs now: a user's id, `null` for nobody, `undefined` while it waits. */
  identityFor: (auth: QueryAuth) => string | null | undefined
  /**
   * Asks as whoever is there, as soon as that is known.
   *
   * @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED`, `ARGS_INVALID`
   */
  call: (call: Call) => PendingCall
  /**
   * The client of whoever is there, or believed to be.
   *
   * @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED`
   */
  currentClient: () => ConvexClient
  /** @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED` */
  assertAvailable: () => void
  /** Lets clients whose connection is lost reconnect at once: the page is visible or online again. */
  reconnect: () => void
  /** Closes nobody's client if nothing needs it. */
  closeUnused: () => void
  close: () => Promise<void>
}

/** Ends work with an error, in this tick. */
export type EndWork = (toError: (outcome: 'notSent' | 'unknown') => Error) => void

export function createIdentityClients(engine: AuthEngine, url: string, options: ConvexClientOptions, isServer: boolean): IdentityClients {
  const state: IdentityClients['state'] = shallowRef(null)
  let unavailable: 'CLIENT_UNAVAILABLE' | 'CLOSED' | false = isServer && 'CLIENT_UNAVAILABLE'
  let userClient: IdentityClient | null = null
  let anonymousClient: IdentityClient | null = null
  /** Somebody holds nobody's `ConvexClient` itself, so that we cannot tell whether it is used. */
  let isAnonymousClientLent = false
  let isSending = false
  /** Fatal errors in a row, without results between them. */
  let fatalErrors = 0
  /** Waits after a fatal error. */
  let backOff: ReturnType<typeof setTimeout> | undefined
  let unwatch = (): void => {}
  const calls = createCallRegistry()
  const work: IdentityClients['pendingWork'] = new Set()
  const guessed: IdentityClients['onOptimisticSettled'] = new Set()
  const listener: ClientListener = { onResults, onEnd }

  engine.onTokenAvailable = () => userClient?.authenticate()

  const connection: IdentityClients = {
    state,
    hasPendingWrites: isWriting,
    hasOptimisticCalls: isGuessing,
    onOptimisticSettled: guessed,
    pendingWork: work,
    onClientReplaced() {},
    get isSending() {
      return isSending
    },
    applyAuthState(state, former) {
      const { user, request } = state
      if (former && isIdentityChange(former, state)) {
        // What a guest has called is not sent any more, whoever comes.
        const hasAnonymousWrites = former.user === null && isWriting()
        endAll(outcome => new IdentityChangedError(outcome))
        keep(null, hasAnonymousWrites ? null : anonymousClient)
        isAnonymousClientLent = false
      }

      const isBelieved = user || (user === undefined && request && request.kind !== 'session')
      // Without a token it must not have said `Connect`: the person's queries could overtake `Authenticate` (a socket that dropped meanwhile).
      const hasSpokenEarly = former?.status === 'loading' && hasToken(state) && userClient?.hasConnected
      if (!isBelieved || hasSpokenEarly)
        keep(null, anonymousClient)
      if (backOff === undefined)
        replaceEnded(state)
      if (isBelieved)
        openUserClient()
      calls.forEach(send)
    },
    clientFor,
    identityFor,
    call(question) {
      assertAvailable()
      const call = calls.add(question)
      const settle = (): void => {
        const isOpen = calls.delete(call)
        if (!isGuessing()) {
          guessed.forEach(look => look())
          guessed.clear()
        }
        if (isOpen)
          closeIdle()
      }
      call.result.then(settle, settle)
      send(call)
      return call
    },
    assertAvailable,
    currentClient() {
      assertAvailable()
      isAnonymousClientLent ||= !userClient
      return (userClient ?? openAnonymousClient()).convex
    },
    reconnect() {
      userClient?.reconnect()
      anonymousClient?.reconnect()
      if (backOff !== undefined)
        endBackOff()
    },
    closeUnused: closeIdle,
    async close() {
      unavailable = 'CLOSED'
      unwatch()
      clearTimeout(backOff)
      endAll(() => diagnose('CLOSED'))
      const closed = Promise.all([userClient?.close(), anonymousClient?.close()])
      state.value = null
      await closed
    },
  }
  return connection

  function assertAvailable(): void {
    if (unavailable)
      throw diagnose(unavailable)
  }

  function identityFor(auth: QueryAuth | 'call'): string | null | undefined {
    const { state } = engine
    if (auth !== 'public' && hasToken(state))
      return state.user!.id
    const mayRunAsNobody = auth === 'public'
      || (auth !== 'required' && state.user === null)
      || (auth === 'optional' && state.status === 'loading' && state.anonymousTimedOut)
    return mayRunAsNobody ? null : undefined
  }

  function clientFor(auth: QueryAuth | 'call', isHeld?: boolean): IdentityClient | null | undefined {
    const identity = identityFor(auth)
    if (unavailable)
      return undefined
    if (identity === undefined)
      return auth === 'required' && engine.state.user === null ? undefined : null
    if (isHeld)
      return null
    return identity === null ? openAnonymousClient() : openUserClient()
  }

  function send(call: PendingCall): void {
    const client = clientFor(call.kind === 'query' ? 'optional' : 'call')
    isSending = true
    call.send(client)
    isSending = false
  }

  function isWriting(): boolean {
    return work.size > 0 || calls.hasWrites
  }

  function isGuessing(): boolean {
    return calls.hasOptimisticCalls
  }

  function endAll(toError: (outcome: 'notSent' | 'unknown') => Error): void {
    calls.endAll(toError)
    for (const end of work)
      end(toError)
    work.clear()
  }

  function openUserClient(): IdentityClient {
    if (!userClient) {
      keep(openIdentityClient(url, options, listener, { fetchToken: engine.requestToken, onAuthResult: engine.onAuthResult }), anonymousClient)
      // Asking for the token may lead back here.
      userClient!.authenticate()
    }
    return userClient!
  }

  function openAnonymousClient(): IdentityClient {
    if (!anonymousClient)
      keep(userClient, openIdentityClient(url, options, listener))
    return anonymousClient!
  }

  function onResults(): void {
    fatalErrors = 0
    closeIdle()
  }

  function onEnd(client: IdentityClient, isFatal: boolean): void {
    calls.endLost(client, () => diagnose('CONNECTION_LOST'))
    if (!isFatal)
      return
    clearTimeout(backOff)
    backOff = setTimeout(endBackOff, backOffDelay(++fatalErrors))
  }

  function endBackOff(): void {
    clearTimeout(backOff)
    backOff = undefined
    connection.onClientReplaced()
  }

  function closeIdle(): void {
    if (anonymousClient?.isIdle && !isAnonymousClientLent && calls.size === 0)
      keep(userClient, null)
  }

  /** Lets go of clients that have ended, so that others are opened. A user's needs a token that was not refused. */
  function replaceEnded(state: AuthState): void {
    const isTokenRefused = hasToken(state) && !isTokenUsable(state)
    keep(userClient?.hasEnded && !isTokenRefused ? null : userClient, anonymousClient?.hasEnded ? null : anonymousClient)
  }

  /** The clients from now on; one that is not kept is closed. */
  function keep(nextUserClient: IdentityClient | null, nextAnonymousClient: IdentityClient | null): void {
    if (nextUserClient === userClient && nextAnonymousClient === anonymousClient)
      return
    const gone = [userClient !== nextUserClient && userClient, anonymousClient !== nextAnonymousClient && anonymousClient]
    userClient = nextUserClient
    anonymousClient = nextAnonymousClient
    for (const client of gone) {
      // The calls that it may have had carried out were rejected when it ended: the next client sends the others.
      if (client && client.hasEnded)
        calls.forEach(call => call.takeBack(client))
      client && void client.close()
    }

    unwatch()
    const base = (userClient ?? anonymousClient)?.convex.client
    state.value = base?.connectionState() ?? null
    unwatch = base?.subscribeToConnectionState(next => state.value = next) ?? (() => {})
  }
}
