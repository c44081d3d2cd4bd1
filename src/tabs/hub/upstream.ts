/** A real WebSocket to the deployment, which is opened before its identity is known. */

/** The events of a socket. */
export interface SocketEvents {
  onOpen: () => void
  onMessage: (text: string) => void
  onClose: (code: number, reason: string) => void
}

export interface Socket {
  send: (text: string) => void
  close: () => void
}

/** Opens a socket. Its events must not be called before this function has returned. */
export type OpenSocket = (url: string, events: SocketEvents) => Socket

/** One socket, whose owner may change until it has sent a message. */
export class Upstream {
  #owner: SocketEvents
  #status: 'connecting' | 'open' | 'closed' = 'connecting'
  readonly #socket: Socket

  constructor(open: OpenSocket, url: string, owner: SocketEvents) {
    this.#owner = owner
    this.#socket = open(url, {
      onOpen: () => {
        if (this.#status !== 'connecting')
          return
        this.#status = 'open'
        this.#owner.onOpen()
      },
      onMessage: (text) => {
        if (this.#status === 'open')
          this.#owner.onMessage(text)
      },
      onClose: (code, reason) => {
        if (this.#status === 'closed')
          return
        this.#status = 'closed'
        this.#owner.onClose(code, reason)
      },
    })
  }

  get isOpen(): boolean {
    return this.#status === 'open'
  }

  /** Passes the socket to another owner, which receives all further events. */
  passTo(owner: SocketEvents): void {
    this.#owner = owner
  }

  send(text: string): void {
    if (this.#status === 'open')
      this.#socket.send(text)
  }

  /** Closes the socket. No event follows. */
  close(): void {
    if (this.#status === 'closed')
      return
    this.#status = 'closed'
    this.#socket.close()
  }
}
