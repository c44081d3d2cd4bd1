/** One connection to the deployment, and the clients of all tabs that share it. */
import type { Cancel } from '../../shared/schedule.ts'
import type { CheckEvent, SocketChecker } from '../../shared/socket-checker.ts'
import type { LinkIdentity, UserToken } from './identity.ts'
import type { Link } from './link.ts'
import type {
  Authenticate,
  Call,
  CallResponse,
  ModifyQuerySet,
  QueryChange,
  ServerFrame,
  Transition,
  Version,
} from './protocol.ts'
import type { SocketEvents, Upstream } from './upstream.ts'
import { createSocketChecker } from '../../shared/socket-checker.ts'
import { emptyChange, isProbeAccepted, STALLED } from '../../shared/socket-probe.ts'
import { isEnding, isRenewal } from './identity.ts'
import { FIRST_VERSION, isAtLeast, isSameVersion, NO_TIME, parseFrame } from './protocol.ts'
import { keyOf, SharedQueries } from './shared-queries.ts'
import { TransitionChunks } from './transition-chunks.ts'

/** Code of a socket that was closed without a close frame. */
const ABNORMAL = 1006

/** The functions that a hub calls, which all hubs of its deployment share. */
export interface HubHost {
  now: () => number
  /**
   * The number of a call on the shared connection; `null` if the hub must not send the call. See
   * `CallNumbers`.
   */
  numberOf: (link: Link, call: Call) => number | null
  /** The client does not repeat a call any more. */
  onSettled: (link: Link, requestId: number) => void
  /** Called when no call of a client is unsettled, also if it has made none. */
  onAllSettled: (link: Link) => void
  /** Returns the first message of a new connection. */
  connect: (first: Link) => string
  /** Called with each timestamp that the deployment has sent. */
  observe: (ts: string) => void
  onTokenRefused: () => void
  /** Opens another connection to the deployment: see `SocketOwner`. */
  compare: (onEnd: (isAnswered: boolean) => void) => Cancel
  /** The hub has ended, and must not be used any more. */
  remove: (hub: Hub, reason: string) => void
}

/** All messages of one identity. The identity never changes. */
export class Hub implements SocketEvents {
  readonly identity: LinkIdentity
  readonly #host: HubHost
  readonly #upstream: Upstream
  readonly #checker: SocketChecker<Upstream>
  readonly #links = new Set<Link>()
  /** The clients on pages that have not been hidden since their latest event of another kind. */
  readonly #shown = new Set<Link>()
  readonly #queries = new SharedQueries()
  readonly #chunks = new TransitionChunks()
  /** The calls without an answer, by their numbers on the shared connection. */
  readonly #calls = new Map<number, { link: Link, requestId: number }>()
  /** Messages that wait until the connection is open. */
  readonly #unsent: string[] = []
  #reached: Version = FIRST_VERSION
  #requested = { querySet: 0, identity: 0 }
  /** The token of the connection. */
  #token: UserToken | null = null
  /** A token that expires later than `#token`, but not so much later that it must be sent now. */
  #nextToken: UserToken | null = null
  #clientClockSkew: number | undefined

  /** `openUpstream` returns the connection, which may be open already. */
  constructor(host: HubHost, identity: LinkIdentity, first: Link, openUpstream: (owner: SocketEvents) => Upstream) {
    this.#host = host
    this.identity = identity
    this.#upstream = openUpstream(this)
    this.#checker = this.#createChecker()
    this.#checker.onSocketChange()
    this.#send(host.connect(first))
    if (identity.token)
      this.#authenticate(identity.token)
  }

  get isOpen(): boolean {
    return this.#upstream.isOpen
  }

  join(link: Link): void {
    this.#links.add(link)
    const observed = link.connect!.maxObservedTimestamp ?? NO_TIME
    // A client with newer results from another connection must not receive older ones.
    const isBehind = this.#reached.ts !== NO_TIME && !isAtLeast(this.#reached.ts, observed)
    if (isBehind) {
      this.#modify([])
      link.view.modify(0, this.#requested.querySet)
    }
    this.onPageEvent(link, 'joined')
  }

  leave(link: Link): void {
    if (!this.#links.delete(link))
      return
    this.onPageEvent(link, 'hidden')
    const changes: QueryChange[] = []
    for (const query of link.view.clear())
      this.#queries.release(query, changes)
    if (this.#links.size === 0)
      this.#end('OnCloseInvoked')
    else if (changes.length > 0)
      this.#modify(changes)
  }

  receive(link: Link, frame: Authenticate | ModifyQuerySet | Call | { type: 'Event' }): void {
    switch (frame.type) {
      case 'Authenticate':
        return this.#receiveToken(link)
      case 'ModifyQuerySet':
        return this.#receiveQueries(link, frame)
      case 'Mutation':
      case 'Action':
        return this.#receiveCall(link, frame)
      case 'Event':
        return this.#send(JSON.stringify(frame))
    }
  }

  /** Sends the transition that is due to a client, after all messages that it has sent together. */
  update(link: Link): void {
    const transition = link.view.takeTransition(this.#reached, this.#clientClockSkew)
    if (transition)
      this.#deliver(link, transition.text, transition.settled)
    if (!link.view.isAwaiting && ![...this.#calls.values()].some(call => call.link === link))
      this.#host.onAllSettled(link)
  }

  /**
   * Checks the connection when a page of a client is shown or online again, or begins to use it.
   * The check ends when no such page is shown any more.
   */
  onPageEvent(link: Link, event: CheckEvent): void {
    if (event !== 'hidden')
      this.#shown.add(link)
    else if (!this.#shown.delete(link) || this.#shown.size > 0)
      return
    this.#checker.onPageEvent(event)
  }

  onOpen(): void {
    this.#checker.onSocketChange()
    for (const text of this.#unsent.splice(0))
      this.#upstream.send(text)
  }

  onClose(code: number, reason: string): void {
    this.#remove(reason || `closed with code ${code}`)
    for (const link of [...this.#links])
      link.close(code, reason)
  }

  onMessage(text: string): void {
    try {
      this.#handle(parseFrame<ServerFrame>(text))
    }
    catch {
      this.#unshare()
    }
    this.#checker.onMessage(this.#upstream)
  }

  /** @throws {Error} if the hub does not understand the message. */
  #handle(frame: ServerFrame | null): void {
    const now = this.#host.now()
    if (frame?.type !== 'TransitionChunk' && frame?.type !== 'Ping' && this.#chunks.isIncomplete)
      throw new Error('The rest of a transition is missing.')
    switch (frame?.type) {
      case 'Ping':
        break
      case 'Transition':
        this.#handleTransition(frame)
        break
      case 'TransitionChunk': {
        const text = this.#chunks.add(frame)
        if (text)
          this.#handleTransition(parseFrame<Transition>(text)!)
        break
      }
      case 'MutationResponse':
      case 'ActionResponse':
        this.#handleResponse(frame)
        break
      case 'AuthError':
        return this.#handleAuthError(frame)
      default:
        throw new Error('Only the client of a tab can handle this message.')
    }
    this.#renew(now)
    for (const link of this.#links)
      link.keepAlive(now)
  }

  #handleTransition({ startVersion, endVersion, modifications, clientClockSkew }: Transition): void {
    if (!isSameVersion(startVersion, this.#reached))
      throw new Error('A transition is missing.')
    for (const modification of modifications)
      this.#queries.apply(modification)
    this.#reached = endVersion
    this.#clientClockSkew = clientClockSkew
    this.#host.observe(endVersion.ts)
    for (const link of this.#links)
      this.update(link)
  }

  #handleResponse(frame: CallResponse): void {
    const call = this.#calls.get(frame.requestId)
    this.#calls.delete(frame.requestId)
    if (frame.ts)
      this.#host.observe(frame.ts)
    if (!call || !this.#links.has(call.link))
      return
    const { link, requestId } = call
    // A client repeats a mutation until it has the results of the mutation.
    const settled = frame.ts ? [] : [requestId]
    this.#deliver(link, JSON.stringify({ ...frame, requestId }), settled)
    if (frame.ts)
      link.view.await(requestId, frame.ts)
    this.update(link)
  }

  /**
   * The deployment has refused the token of the connection. The clients with this token or an older
   * token request another token. The clients with a newer token only connect again.
   */
  #handleAuthError({ error, authUpdateAttempted }: Extract<ServerFrame, { type: 'AuthError' }>): void {
    const refused = this.#token
    const links = [...this.#links]
    this.#host.onTokenRefused()
    this.#end('AuthError')
    for (const link of links) {
      const isConcerned = !refused || !link.token || link.token.expiresAt <= refused.expiresAt
      const { identity: baseVersion } = link.view
      // Before its first transition, a client concludes that none of its calls has been executed.
      const mustNotConclude = link.mayHaveRun && baseVersion === 0
      if (isConcerned && !mustNotConclude) {
        const message = JSON.stringify({ type: 'AuthError', error, baseVersion, authUpdateAttempted })
        link.deliver(message, this.#host.now())
      }
      link.close(1000, '')
    }
  }

  #receiveToken(link: Link): void {
    const { token } = link
    const current = this.#token
    if (token && current && token.value !== current.value) {
      if (isRenewal(token, current))
        this.#authenticate(token)
      else if (token.expiresAt > (this.#nextToken ?? current).expiresAt)
        this.#nextToken = token
    }
    const isSent = token?.value === this.#token?.value
    link.view.authenticate(isSent ? this.#requested.identity : Math.min(this.#requested.identity, 1))
  }

  #receiveQueries(link: Link, { baseVersion, newVersion, modifications }: ModifyQuerySet): void {
    if (baseVersion !== link.view.querySet)
      return link.close(1002, 'The version of the query set is not the current version.')
    const changes: QueryChange[] = []
    let isPending = false
    for (const modification of modifications) {
      if (modification.type === 'Add') {
        const isRerun = link.view.hasJustRemoved(keyOf(modification))
        const query = this.#queries.acquire(modification, changes, isRerun)
        link.view.add(modification.queryId, query)
        isPending ||= query.isPending
      }
      else {
        const query = link.view.remove(modification.queryId)
        if (query)
          this.#queries.release(query, changes)
      }
    }
    // The first message about queries is sent even if it is empty: the deployment answers it.
    if (changes.length > 0 || this.#requested.querySet === 0)
      this.#modify(changes)
    link.view.modify(newVersion, isPending ? this.#requested.querySet : 1)
  }

  #receiveCall(link: Link, frame: Call): void {
    const number = this.#host.numberOf(link, frame)
    if (number === null)
      return
    this.#calls.set(number, { link, requestId: frame.requestId })
    link.mayHaveRun ||= this.#reached.identity > 0
    this.#send(JSON.stringify({ ...frame, requestId: number }))
  }

  #deliver(link: Link, text: string, settled: number[]): void {
    if (link.isEnded)
      return
    link.deliver(text, this.#host.now(), settled)
    settled.forEach(requestId => this.#host.onSettled(link, requestId))
  }

  /** Returns the version of the query set that contains the changes. */
  #modify(modifications: QueryChange[]): number {
    const baseVersion = this.#requested.querySet++
    this.#send(JSON.stringify({ ...emptyChange(baseVersion), modifications }))
    return this.#requested.querySet
  }

  #authenticate(token: UserToken): void {
    this.#token = token
    this.#nextToken = null
    const baseVersion = this.#requested.identity++
    this.#send(JSON.stringify({ type: 'Authenticate', tokenType: 'User', value: token.value, baseVersion }))
  }

  /** Sends the next token before the current one expires. The current token's tab may be closed. */
  #renew(now: number): void {
    if (this.#token && this.#nextToken && isEnding(this.#token, this.#serverTime(now) / 1000))
      this.#authenticate(this.#nextToken)
  }

  /** The time by the clock of the deployment, in ms since 1970. */
  #serverTime(now: number): number {
    return now - (this.#clientClockSkew ?? 0)
  }

  #createChecker(): SocketChecker<Upstream> {
    const { now, compare } = this.#host
    return createSocketChecker({
      now,
      compare,
      openSocket: () => this.isOpen ? this.#upstream : undefined,
      confirmedVersion: () => this.#reached.querySet,
      isReceivingParts: () => this.#chunks.isIncomplete,
      canProbe: () => !this.#token || isProbeAccepted(this.#token.expiresAt, this.#serverTime(now())),
      sendProbe: () => this.#modify([]),
      replaceSocket: () => this.#replaceUpstream(),
    })
  }

  /** Ends the connection as if it had been lost, so that all clients connect again together. */
  #replaceUpstream(): void {
    this.#upstream.close()
    this.onClose(ABNORMAL, STALLED)
  }

  #send(text: string): void {
    if (this.#upstream.isOpen)
      this.#upstream.send(text)
    else
      this.#unsent.push(text)
  }

  /** Closes the connection. The caller informs the clients. */
  #end(reason: string): void {
    this.#upstream.close()
    this.#remove(reason)
  }

  #remove(reason: string): void {
    this.#checker.onSocketChange()
    this.#host.remove(this, reason)
  }

  /** Lets each tab use its own socket, since the tabs' clients understand all messages. */
  #unshare(): void {
    const links = [...this.#links]
    this.#end('Unshared')
    for (const link of links)
      link.unshare()
  }
}
