/** The `WebSocket` class of a tab: its sockets share a connection, or are sockets of the tab. */
import type { ConnectionHost, Problem } from './worker-connection.ts'
import { SharedSocket } from './shared-socket.ts'
import { WorkerConnection } from './worker-connection.ts'

/** The page in which the sockets are used. */
export interface TabPage extends Omit<ConnectionHost, 'onProblem' | 'onEnd'> {
  isSupported: () => boolean
  /** Opens a socket that only this tab uses. */
  openOwn: (url: string) => WebSocket
  /** Reports once that the tab cannot share a connection. */
  warn: (problem: Problem, cause?: unknown) => void
}

/** Returns a class for the option `webSocketConstructor` of Convex clients. */
export function tabSockets(page: TabPage): typeof WebSocket {
  let connection: WorkerConnection | null = null
  /** Whether this tab uses its own sockets. */
  let isAlone = false

  function connect(): WorkerConnection | null {
    if (!isAlone && !page.isSupported())
      onProblem('unsupported')
    if (isAlone)
      return null
    connection ??= new WorkerConnection({ ...page, onProblem, onEnd: () => connection = null })
    return connection
  }

  function onProblem(problem: Problem, cause?: unknown): void {
    if (isAlone)
      return
    isAlone = true
    page.warn(problem, cause)
  }

  class TabSocket extends SharedSocket {
    constructor(url: string | URL) {
      super({
        open(socket) {
          const current = connect()
          if (current)
            current.open(socket)
          else
            socket.useOwn()
        },
        send: (socket, texts) => connection?.send(socket, texts),
        close: socket => connection?.close(socket),
        openOwn: page.openOwn,
      }, url)
    }
  }
  return TabSocket as unknown as typeof WebSocket
}
