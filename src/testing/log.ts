/** The log of a deployment, and its list of connections. */
/**
 * One thing that a deployment did: an execution of a function, an HTTP action, or an event of a
 * socket.
 */
export interface LogEntry {
  /** When it ended, on the deployment's clock, in ms since 1970. */
  at: number
  kind: 'query' | 'mutation' | 'action' | 'http' | 'socket'
  /**
   * A function's name (`tasks:list`), a request's method and path (`GET /api/auth/get-session`), or
   * `open`, `connect`, `authenticate`, `close`.
   */
  name: string
  /**
   * A function's arguments; of `authenticate`, the kind of the token. Tokens themselves are never
   * logged.
   */
  args: unknown
  /** The subject of the identity that it ran as; `null` is anonymous. */
  subject: string | null
  /** The socket it belongs to; `null` for HTTP, the scheduler and a test's own calls. */
  connection: number | null
  outcome: 'success' | 'error'
  /** An error's message, an HTTP status, or the reason of a close. */
  detail: string | null
}

/** A live socket. */
export interface Connection {
  /** Counts up over the deployment's life, restarts included. */
  id: number
  /** What the client calls its session; `null` before its first message. */
  sessionId: string | null
  /** The subject of the identity that its queries run as; `null` is anonymous. */
  subject: string | null
  /** What it subscribes to. */
  queries: { queryId: number, name: string, args: unknown }[]
}
