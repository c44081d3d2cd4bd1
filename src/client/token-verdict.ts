/** Which connections of a client had their tokens refused, and what that leaves unsent. Pure. */

/**
 * The latest connections of one client on which nothing has been carried out, since the deployment
 * refused their tokens: from `first` to `last`. Connections are counted from 1. The range is empty,
 * with `first` after `last`, while the latest verdict is that the token is accepted.
 */
export interface RefusedConnections {
  readonly first: number
  readonly last: number
}

/** The deployment has not judged a token yet. */
export const NONE_REFUSED: RefusedConnections = { first: 0, last: -2 }

/** An empty range, since the token of the current connection was accepted. */
export function accept(connection: number): RefusedConnections {
  // What the connection has sent may have been carried out, even if its next token is refused.
  return { first: connection + 1, last: connection }
}

/** The range of refused connections, extended by the current connection. */
export function refuse({ first, last }: RefusedConnections, connection: number): RefusedConnections {
  // A connection between the two refusals may have carried out what it sent.
  return { first: connection > last + 1 ? connection : first, last: connection }
}

/**
 * Whether a message has certainly not been carried out. This is certain if the connection of the
 * message has not opened yet, or if the deployment has refused the token of this connection and of
 * each later connection.
 *
 * @param refused The refused connections of the client that sent the message.
 * @param connection The connection on which the message is sent.
 * @param connectionCount How many connections the client has opened.
 */
export function isUnsent(refused: RefusedConnections, connection: number, connectionCount: number): boolean {
  return connectionCount < connection || (connectionCount === refused.last && connection >= refused.first)
}
