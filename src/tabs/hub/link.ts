/** One client of a tab: what the hubs know about it, and how they send messages to it. */
import type { CallId, NumberedCall } from './call-numbers.ts'
import type { LinkIdentity, UserToken } from './identity.ts'
import type { Connect } from './protocol.ts'
import { LinkView } from './link-view.ts'

/** The events of a client's socket in its tab. */
export interface LinkPort {
  opened: () => void
  /** `settled`: the calls that the client does not repeat after this message. */
  message: (text: string, settled: CallId[]) => void
  /** Called before a mutation is sent to the deployment. */
  numbered: (call: NumberedCall) => void
  closed: (code: number, reason: string) => void
  /** The client's messages cannot be shared: the tab must use its own sockets from now on. */
  unshared: () => void
}

/** A client, from the opening of its socket to its end. */
export class Link {
  readonly port: LinkPort
  readonly view = new LinkView()
  /** The first message of the client. */
  connect: Connect | null = null
  /** The latest token of the client. */
  token: UserToken | null = null
  /**
   * Whether the deployment may have executed a call of the client under the token of another tab.
   */
  mayHaveRun = false
  isEnded = false
  /** The time of the latest message to the client, in ms since 1970. */
  #deliveredAt: number

  constructor(port: LinkPort, now: number) {
    this.port = port
    this.#deliveredAt = now
  }

  identify({ token }: LinkIdentity): void {
    this.token = token
  }

  open(now: number): void {
    this.#deliveredAt = now
    this.port.opened()
  }

  /** `settled`: the client's own ids of the calls that it does not repeat any more. */
  deliver(text: string, now: number, settled: number[] = []): void {
    if (this.isEnded)
      return
    this.#deliveredAt = now
    this.port.message(text, settled.map(requestId => ({ client: this.connect!.sessionId, requestId })))
  }

  /**
   * A client closes a socket on which it receives nothing for a minute. The deployment pings the
   * shared connection only, and only while nothing else is sent on it.
   */
  keepAlive(now: number): void {
    if (now - this.#deliveredAt >= 10_000)
      this.deliver('{"type":"Ping"}', now)
  }

  close(code: number, reason: string): void {
    if (this.isEnded)
      return
    this.isEnded = true
    this.port.closed(code, reason)
  }

  unshare(): void {
    if (this.isEnded)
      return
    this.isEnded = true
    this.port.unshared()
  }
}
