/** A WebSocket for the Convex client of a tab, whose messages go through the worker. */

/** The functions of a tab that its sockets call. */
export interface SocketHost {
  /** Requests a connection. Later, the host calls the methods of the socket. */
  open: (socket: SharedSocket) => void
  send: (socket: SharedSocket, texts: string[]) => void
  close: (socket: SharedSocket) => void
  /** Opens a socket that only this tab uses. */
  openOwn: (url: string) => WebSocket
}

type Listener<Type> = ((event: Type) => void) | null

/** Codes of `CloseEvent`. */
const NORMAL = 1000

/**
 * Implements the parts of `WebSocket` that a Convex client uses, and events, so that an app can
 * observe it. Messages that are sent together reach the worker together.
 */
export class SharedSocket {
  readonly url: string
  onopen: Listener<Event> = null
  onmessage: Listener<MessageEvent> = null
  onerror: Listener<Event> = null
  onclose: Listener<CloseEvent> = null
  readonly #host: SocketHost
  /** A separate target, since some kinds of `EventTarget` also call the handlers above. */
  readonly #events = new EventTarget()
  #status: 'connecting' | 'open' | 'closing' | 'closed' = 'connecting'
  /** The socket that is used instead of the worker. */
  #own: WebSocket | null = null
  #unsent: string[] = []

  constructor(host: SocketHost, url: string | URL) {
    this.#host = host
    this.url = String(url)
    host.open(this)
  }

  get readyState(): number {
    return ['connecting', 'open', 'closing', 'closed'].indexOf(this.#status)
  }

  /**
   * Whether the socket uses the connection of the worker, which checks it. The client of a tab does
   * not replace such a socket, since its next socket would use the same connection.
   */
  get isShared(): boolean {
    return !this.#own
  }

  addEventListener(type: string, listener: (event: any) => void): void {
    this.#events.addEventListener(type, listener)
  }

  removeEventListener(type: string, listener: (event: any) => void): void {
    this.#events.removeEventListener(type, listener)
  }

  send(text: string): void {
    if (this.#own)
      return this.#own.send(text)
    if (this.#status !== 'open')
      throw new DOMException('The socket is not open.', 'InvalidStateError')
    if (this.#unsent.push(text) === 1)
      queueMicrotask(() => this.#flush())
  }

  close(): void {
    if (this.#own)
      return this.#own.close()
    if (this.readyState > 1)
      return
    this.#flush()
    this.#status = 'closing'
    this.#host.close(this)
    queueMicrotask(() => this.end(NORMAL, ''))
  }

  /** Called when there is a connection to the deployment. */
  open(): void {
    if (this.#status !== 'connecting')
      return
    this.#status = 'open'
    this.#dispatch(new Event('open'))
  }

  /** Called with a message of the deployment. */
  receive(data: string): void {
    if (this.#status === 'open')
      this.#dispatch(new MessageEvent('message', { data }))
  }

  /** Called when the connection has ended. */
  end(code: number, reason: string): void {
    if (this.#status === 'closed')
      return
    this.#status = 'closed'
    this.#unsent = []
    const details = { code, reason, wasClean: code === NORMAL }
    this.#dispatch(Object.assign(new Event('close'), details))
  }

  /** Connects without the worker. Must be called before {@link open}. */
  useOwn(): void {
    if (this.#status !== 'connecting')
      return
    const own = this.#host.openOwn(this.url)
    this.#own = own
    own.onopen = () => this.open()
    own.onmessage = ({ data }) => this.receive(data)
    own.onerror = () => this.#dispatch(new Event('error'))
    own.onclose = ({ code, reason }) => this.end(code, reason)
  }

  #flush(): void {
    if (this.#unsent.length > 0)
      this.#host.send(this, this.#unsent.splice(0))
  }

  #dispatch(event: Event): void {
    this.#events.dispatchEvent(event)
    this[`on${event.type}` as 'onopen']?.(event)
  }
}
