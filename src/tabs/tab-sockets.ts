/** The `WebSocket` class of a tab: its sockets share a connection, or are sockets of the tab. */
import type { TokenSharing } from '../token/token-source.ts'
import type { TokenMessage } from './port-messages.ts'
import type { TokenExchange } from './share-tokens.ts'
import type { ConnectionHost, Problem } from './worker-connection.ts'
import { shareTokens } from './share-tokens.ts'
import { SharedSocket } from './shared-socket.ts'
import { UnsettledCalls } from './unsettled-calls.ts'
import { WorkerConnection } from './worker-connection.ts'

/** The page in which the sockets are used. */
export interface TabPage extends Omit<ConnectionHost, 'unsettled' | 'onProblem' | 'onEnd'> {
  isSupported: () => boolean
  /** Opens a socket that only this tab uses. */
  openOwn: (url: string) => WebSocket
  /** Reports once that the tab cannot share a connection. */
  warn: (problem: Problem, cause?: unknown) => void
}

/** Returns a class for the option `webSocketConstructor` of Convex clients. */
export function tabSockets(page: TabPage): typeof WebSocket & TokenSharing {
  const unsettled = new UnsettledCalls()
  let connection: WorkerConnection | null = null
  /** Whether this tab uses its own sockets. */
  let isAlone = false
  /** Whether tokens that were requested before a connection must not be used on it. */
  let isDoubtful = false

  function connect(): WorkerConnection | null {
    if (!isAlone && !page.isSupported())
      onProblem('unsupported')
    if (isAlone)
      return null
    if (!connection) {
      connection = new WorkerConnection({ ...page, unsettled, onProblem, onEnd: () => connection = null })
      if (isDoubtful)
        connection.sendTokenMessage({ type: 'doubtTokens' })
    }
    return connection
  }

  /** Without a connection, only this tab remembers that tokens are doubtful. */
  function doubt(message: TokenMessage): void {
    isDoubtful = true
    connection?.sendTokenMessage(message)
  }

  const exchange: TokenExchange = {
    need: (need, onAnswer) => connect()?.needToken(need, onAnswer) ?? null,
    doubt: () => doubt({ type: 'doubtTokens' }),
    forget: session => doubt({ type: 'forgetSession', session }),
  }

  function onProblem(problem: Problem, cause?: unknown): void {
    if (isAlone)
      return
    isAlone = true
    page.warn(problem, cause)
  }

  class TabSocket extends SharedSocket {
    static readonly shareTokens: TokenSharing['shareTokens'] = (source, options) =>
      shareTokens(source, options, exchange)

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
  return TabSocket as unknown as typeof WebSocket & TokenSharing
}
