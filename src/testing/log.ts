/** The log of a deployment, and its list of connections. */
/**
 * One event of a deployment: an execution of a function, an HTTP action, or an event of a socket.
 */
export interface LogEntry {
  /** The time at which the event ended, on the deployment's clock, in ms since 1970. */
  at: number
  kind: 'query' | 'mutation' | 'action' | 'http' | 'socket'
  /**
   * A function's name (`tasks:list`), a request's method and path (`GET /api/auth/get-session`), or
   * `open`, `connect`, `authenticate`, `close`.
   */
  name: string
  /**
   * A function's arguments. For `authenticate`, the kind of the token. Tokens themselves are never
   * logged.
   */
  args: unknown
  /** The subject of the identity that the function ran as; `null` is anonymous. */
  subject: string | null
  /** The id of the socket; `null` for HTTP, the scheduler and a test's own calls. */
  connection: number | null
  outcome: 'success' | 'error'
  /** An error's message, an HTTP status, or the reason of a close. */
  detail: string | null
  /**
   * The time for which the caller waited for the function, in ms of real time; `null` for events of
   * sockets. A query whose result is used again takes nearly no time.
   */
  durationMs: number | null
  /** The lines that the function wrote to the console, such as `[LOG] 'hello' 3`. */
  logLines: string[]
}

/** An open socket. */
export interface Connection {
  /** Increases with each connection, even across restarts of the deployment. */
  id: number
  /** The session id that the client has chosen; `null` before its first message. */
  sessionId: string | null
  /** The subject of the identity that its queries run as; `null` is anonymous. */
  subject: string | null
  /** The subscribed queries. */
  queries: { queryId: number, name: string, args: unknown }[]
}
