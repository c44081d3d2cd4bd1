import type { ConnectionState, ConvexClient, ConvexClientOptions } from 'convex/browser'
import type { ShallowRef } from 'vue'
import type { ConvueErrorCode } from '../errors.ts'
import type { AuthState } from '../token/auth-state.ts'
import type { TokenEngine } from '../token/token-engine.ts'
import type { Call, OpenClient } from './open-client.ts'
import type { QueryAuth } from './query-key.ts'
import { shallowRef } from 'vue'
import { diagnose } from '../diagnostics.ts'
import { IdentityChangedError } from '../identity-changed-error.ts'
import { isChangeOfPerson } from '../token/auth-state.ts'
import { openClient } from './open-client.ts'

/**
 * The connections of an app: one client per identity, nobody's included.
 *
 * - A person's client is opened as soon as somebody is believed to be there, and says nothing until their token is in hand.
 * - Nobody's client is open while something needs it.
 * - Who goes takes their client along: none is ever given to somebody else.
 */
export interface Connection {
  /** The state of the client that matters most: the person's, or else nobody's; `null` while there is none. */
  readonly state: ShallowRef<ConnectionState | null>
  /** Whether a mutation or action is under way. */
  readonly hasCalls: boolean
  /** Opens and closes clients for a new state of affairs. Queries are to be bound to theirs afterwards, in the same tick. */
  follow: (state: AuthState, former?: AuthState) => void
  /** The client on which something of an auth mode runs: `null` while it is not known, `undefined` while nobody is there who is required. */
  clientFor: (auth: QueryAuth | 'call') => OpenClient | null | undefined
  /** Sends a mutation or action as whoever is there, as soon as that is known. */
  call: (call: Call) => Promise<unknown>
  /**
   * The client of whoever is there, or believed to be.
   *
   * @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED`
   */
  current: () => ConvexClient
  /** @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED` */
  assertAvailable: () => void
  /** Closes nobody's client if nothing needs it. */
  closeIdle: () => void
  close: () => Promise<void>
}

interface HeldCall {
  call: Call
  resolve: (result: Promise<unknown>) => void
  reject: (error: unknown) => void
}

export function createConnection(engine: TokenEngine, url: string, options: ConvexClientOptions, isServer: boolean): Connection {
  const state: Connection['state'] = shallowRef(null)
  let unavailable: ConvueErrorCode | false = isServer && 'CLIENT_UNAVAILABLE'
  let person: OpenClient | null = null
  let nobody: OpenClient | null = null
  /** Somebody holds nobody's `ConvexClient` itself, so that we cannot tell whether it is used. */
  let isNobodyLent = false
  let held: HeldCall[] = []
  let unwatch = (): void => {}

  engine.onFreshToken = () => person?.authenticate()

  return {
    state,
    get hasCalls() {
      return held.length > 0 || !!person?.hasCalls || !!nobody?.hasCalls
    },
    follow({ identity, request }, former) {
      if (former && isChangeOfPerson(former.identity, identity)) {
        // What a guest has called is not sent any more, whoever comes.
        keep(null, nobody?.hasCalls ? null : nobody)
        isNobodyLent = false
        rejectHeld(() => new IdentityChangedError('notSent'))
      }

      const isBelieved = identity.person || (identity.person === undefined && request && request.question !== 'session')
      // Without a token it must not have said `Connect`: the person's queries could overtake `Authenticate` (a socket that dropped meanwhile).
      const hasSpokenEarly = former?.identity.status === 'loading' && hasToken() && person?.hasSpoken
      if (!isBelieved || hasSpokenEarly)
        keep(null, nobody)
      if (isBelieved)
        openPerson()

      const client = held.length > 0 && clientFor('call')
      if (client) {
        for (const { call, resolve } of held)
          resolve(send(client, call))
        held = []
      }
    },
    clientFor,
    call(call) {
      const client = clientFor('call')
      if (unavailable)
        return Promise.reject(diagnose(unavailable))
      return client ? send(client, call) : new Promise((resolve, reject) => held.push({ call, resolve, reject }))
    },
    assertAvailable,
    current() {
      assertAvailable()
      isNobodyLent ||= !person
      return (person ?? openNobody()).convex
    },
    closeIdle,
    async close() {
      unavailable = 'CLOSED'
      unwatch()
      const toError = (): Error => diagnose('CLOSED')
      rejectHeld(toError)
      const closed = Promise.all([person?.close(toError), nobody?.close(toError)])
      state.value = null
      await closed
    },
  }

  function assertAvailable(): void {
    if (unavailable)
      throw diagnose(unavailable)
  }

  function clientFor(auth: QueryAuth | 'call'): OpenClient | null | undefined {
    const { identity } = engine.state
    if (unavailable)
      return null
    if (auth !== 'public' && hasToken())
      return openPerson()
    if (auth === 'required')
      return identity.person === null ? undefined : null
    const mayRunAsNobody = auth === 'public' || identity.person === null || (auth === 'optional' && identity.status === 'loading' && identity.overdue)
    return mayRunAsNobody ? openNobody() : null
  }

  function hasToken(): boolean {
    const { identity } = engine.state
    return !!identity.person && identity.status !== 'loading'
  }

  function send(client: OpenClient, call: Call): Promise<unknown> {
    const result = client.send(call)
    result.then(closeIdle, closeIdle)
    return result
  }

  function rejectHeld(toError: () => Error): void {
    for (const { reject } of held)
      reject(toError())
    held = []
  }

  function openPerson(): OpenClient {
    if (!person) {
      keep(openClient(url, options, {
        fetchToken: engine.requestToken,
        report: verdict => engine.dispatch({ type: verdict }),
        onResults: closeIdle,
      }), nobody)
      // Asking for the token may lead back here.
      person!.authenticate()
    }
    return person!
  }

  function openNobody(): OpenClient {
    if (!nobody)
      keep(person, openClient(url, options))
    return nobody!
  }

  function closeIdle(): void {
    if (nobody?.isIdle && !isNobodyLent)
      keep(person, null)
  }

  /** The clients from now on; one that is not kept is closed. */
  function keep(nextPerson: OpenClient | null, nextNobody: OpenClient | null): void {
    const gone = [person !== nextPerson && person, nobody !== nextNobody && nobody]
    person = nextPerson
    nobody = nextNobody
    for (const client of gone)
      client && void client.close(outcome => new IdentityChangedError(outcome))

    unwatch()
    const base = (person ?? nobody)?.convex.client
    state.value = base?.connectionState() ?? null
    unwatch = base?.subscribeToConnectionState(next => state.value = next) ?? (() => {})
  }
}
