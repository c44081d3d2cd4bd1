/** The hubs of one deployment, and the clients that have no hub yet. */
import type { PageEvent } from '../../shared/page-events.ts'
import type { Cancel } from '../../shared/schedule.ts'
import type { NumberedCall } from './call-numbers.ts'
import type { LinkIdentity } from './identity.ts'
import type { Link } from './link.ts'
import type { Authenticate, Call, ClientFrame, Connect } from './protocol.ts'
import type { OpenSocket, SocketEvents } from './upstream.ts'
import { comparisonMessages } from '../../shared/socket-probe.ts'
import { CallNumbers } from './call-numbers.ts'
import { Hub } from './hub.ts'
import { ANONYMOUS, identify } from './identity.ts'
import { isAtLeast, NO_TIME, parseFrame } from './protocol.ts'
import { Upstream } from './upstream.ts'

/** The functions of the worker that the hubs in it call. */
export interface HubEnvironment {
  openSocket: OpenSocket
  /** The time in ms since 1970. */
  now: () => number
  /** Returns a random UUID. */
  createId: () => string
  /** Called before the tabs learn that the deployment has refused a token. */
  onTokenRefused: () => void
}

/**
 * A client opens its socket before it sends its identity, and must not consider the socket open
 * before there is a connection. Therefore, the first client opens a connection without an identity,
 * and the first identity that a client sends receives this connection.
 */
export class DeploymentHubs {
  readonly #url: string
  readonly #environment: HubEnvironment
  /** By session and identity. Only clients that repeat calls have an earlier session. */
  readonly #hubs = new Map<string, Hub>()
  readonly #hubOf = new Map<Link, Hub>()
  /** A socket without an identity. */
  #spare: Upstream | null = null
  /** The clients that wait for the spare socket, or have sent no identity since it opened. */
  readonly #unidentified = new Set<Link>()
  readonly #numbers: CallNumbers
  #connectionCount = 0
  #lastCloseReason: string | null = 'InitialConnect'
  #observed = NO_TIME

  constructor(url: string, environment: HubEnvironment) {
    this.#url = url
    this.#environment = environment
    this.#numbers = new CallNumbers(environment.createId())
  }

  /** Adds a client. Its `opened` is called as soon as there is a connection to the deployment. */
  open(link: Link): void {
    const isReachable = [...this.#hubs.values()].some(hub => hub.isOpen)
    if (isReachable)
      return link.open(this.#environment.now())
    this.#unidentified.add(link)
    this.#spare ??= this.#openSpare()
    if (this.#spare.isOpen)
      link.open(this.#environment.now())
  }

  /** Handles messages that a client has sent together. */
  receive(link: Link, texts: string[]): void {
    for (const text of texts) {
      const frame = parseFrame<ClientFrame>(text)
      if (!link.isEnded)
        this.#receive(link, frame)
    }
    const hub = this.#hubOf.get(link)
    if (link.isEnded)
      this.end(link)
    else
      hub?.update(link)
  }

  /** Removes a client. */
  end(link: Link): void {
    link.isEnded = true
    this.#hubOf.get(link)?.leave(link)
    this.#hubOf.delete(link)
    this.#onceIdentified(link)
  }

  /** Reports an event of the page of a client. */
  onPageEvent(link: Link, event: PageEvent): void {
    this.#hubOf.get(link)?.onPageEvent(link, event)
  }

  /** Adds the mutations that clients of an earlier worker will repeat. */
  restore(calls: NumberedCall[]): void {
    this.#numbers.restore(calls)
  }

  /** Forgets the calls of a client that cannot repeat them. */
  forget(sessionId: string): void {
    this.#numbers.forget(sessionId)
  }

  #receive(link: Link, frame: ClientFrame | null): void {
    switch (frame?.type) {
      case 'Connect':
        link.connect = frame
        return
      case 'Authenticate':
        return this.#authenticate(link, frame)
      case 'ModifyQuerySet':
      case 'Mutation':
      case 'Action':
      case 'Event':
        return this.#receiveAs(link, this.#hubOf.get(link)?.identity ?? ANONYMOUS, frame)
      default:
        link.unshare()
    }
  }

  #authenticate(link: Link, frame: Authenticate): void {
    const identity = identify(frame)
    if (!identity)
      return link.unshare()
    link.identify(identity)
    this.#receiveAs(link, identity, frame)
  }

  #receiveAs(link: Link, identity: LinkIdentity, frame: Exclude<ClientFrame, Connect>): void {
    if (!link.connect)
      return link.unshare()
    const hub = this.#hubOf.get(link) ?? this.#join(link, identity)
    // The client then connects again, with its new identity.
    if (hub.identity.key !== identity.key)
      return link.close(1000, '')
    // Without a user, there is nothing to confirm.
    if (frame.type === 'Authenticate' && frame.tokenType === 'None')
      return link.view.authenticate(0)
    hub.receive(link, frame)
  }

  #join(link: Link, identity: LinkIdentity): Hub {
    const key = `${this.#numbers.sessionOf(link.connect!.sessionId)} ${identity.key}`
    const hub = this.#hubs.get(key) ?? this.#createHub(key, link, identity)
    this.#hubOf.set(link, hub)
    this.#onceIdentified(link)
    hub.join(link)
    return hub
  }

  #createHub(key: string, first: Link, identity: LinkIdentity): Hub {
    const hub = new Hub({
      now: this.#environment.now,
      numberOf: (link, call) => this.#numberOf(link, call),
      onSettled: (link, requestId) =>
        this.#numbers.settle({ client: link.connect!.sessionId, requestId }),
      onAllSettled: link => this.#leaveEarlierSession(link),
      connect: link => this.#describeConnection(link),
      onTokenRefused: this.#environment.onTokenRefused,
      compare: onEnd => this.#compare(onEnd),
      observe: (ts) => {
        this.#observed = isAtLeast(ts, this.#observed) ? ts : this.#observed
      },
      remove: (ended, reason) => this.#remove(key, ended, reason),
    }, identity, first, owner => this.#takeUpstream(owner))
    this.#hubs.set(key, hub)
    return hub
  }

  #takeUpstream(owner: SocketEvents): Upstream {
    const spare = this.#spare
    if (!spare)
      return new Upstream(this.#environment.openSocket, this.#url, owner)
    this.#spare = null
    spare.passTo(owner)
    return spare
  }

  #openSpare(): Upstream {
    return new Upstream(this.#environment.openSocket, this.#url, {
      onOpen: () => this.#unidentified.forEach(link => link.open(this.#environment.now())),
      onMessage: () => {},
      onClose: (code, reason) => {
        this.#spare = null
        this.#lastCloseReason = reason || `closed with code ${code}`
        const links = [...this.#unidentified]
        this.#unidentified.clear()
        links.forEach(link => link.close(code, reason))
      },
    })
  }

  #compare(onEnd: (isAnswered: boolean) => void): Cancel {
    const messages = comparisonMessages(this.#numbers.session, this.#connectionCount)
    const upstream = new Upstream(this.#environment.openSocket, this.#url, {
      onOpen: () => messages.forEach(text => upstream.send(text)),
      onMessage: () => onEnd(true),
      onClose: () => onEnd(false),
    })
    return () => upstream.close()
  }

  /** Closes the spare socket if no client can need it any more. */
  #onceIdentified(link: Link): void {
    this.#unidentified.delete(link)
    if (this.#unidentified.size > 0)
      return
    this.#spare?.close()
    this.#spare = null
  }

  #remove(key: string, hub: Hub, reason: string): void {
    this.#lastCloseReason = reason
    if (this.#hubs.get(key) === hub)
      this.#hubs.delete(key)
    for (const [link, joined] of this.#hubOf) {
      if (joined === hub)
        this.#hubOf.delete(link)
    }
  }

  #describeConnection({ connect }: Link): string {
    const { maxObservedTimestamp = NO_TIME, clientTs } = connect!
    const sessionId = this.#numbers.sessionOf(connect!.sessionId)
    const isEarlier = sessionId !== this.#numbers.session
    const observed = isAtLeast(maxObservedTimestamp, this.#observed) ? maxObservedTimestamp : this.#observed
    const message = {
      type: 'Connect',
      sessionId,
      // An earlier session has had at least one connection.
      connectionCount: isEarlier ? 1 : this.#connectionCount++,
      lastCloseReason: this.#lastCloseReason,
      maxObservedTimestamp: observed === NO_TIME ? undefined : observed,
      clientTs,
    }
    this.#lastCloseReason = null
    return JSON.stringify(message)
  }

  #numberOf(link: Link, { type, requestId }: Call): number | null {
    if (type === 'Action')
      return this.#numbers.numberOfAction()
    const client = link.connect!.sessionId
    const number = this.#numbers.numberOf({ client, requestId })
    if (number !== null)
      link.port.numbered({ client, requestId, session: this.#numbers.sessionOf(client), number })
    return number
  }

  /**
   * If the client has repeated all mutations of an earlier session, it connects again, and sends
   * the mutations that had to wait in the session of this worker.
   */
  #leaveEarlierSession(link: Link): void {
    if (this.#numbers.leaveEarlierSession(link.connect!.sessionId)) {
      link.close(1000, '')
      this.end(link)
    }
  }
}
