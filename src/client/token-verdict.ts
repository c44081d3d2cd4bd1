/** Which connections had their tokens refused, and which messages were not executed. Pure. */

/**
 * The latest connections of a client, from `first` to `last`, on each of which the deployment has
 * refused the token. The deployment has not executed any message of these connections. Connections
 * are numbered from 1. If the deployment has accepted the latest token, the range is empty, and
 * `first` is greater than `last`.
 */
export interface RefusedConnections {
  readonly first: number
  readonly last: number
}

/** The initial value: the deployment has neither accepted nor refused a token yet. */
export const NONE_REFUSED: RefusedConnections = { first: 0, last: -2 }

/** The deployment accepted the token of the current connection: returns an empty range. */
export function accept(connection: number): RefusedConnections {
  // The range begins after this connection. The deployment may have executed its messages, even if
  // it refuses the next token of the same connection.
  return { first: connection + 1, last: connection }
}

/** The deployment refused the token of the current connection: adds the connection to the range. */
export function refuse({ first, last }: RefusedConnections, connection: number): RefusedConnections {
  // A gap between `last` and the current connection starts a new range: the deployment may have
  // executed messages of the connections in the gap.
  return { first: connection > last + 1 ? connection : first, last: connection }
}

/**
 * Whether it is certain that the deployment has not executed a message. There are two such cases:
 * the connection of the message has not opened yet, or the deployment has refused the tokens of
 * this connection and of all later connections.
 *
 * @param refused The connections of the message's client whose tokens the deployment has refused.
 * @param connection The connection on which the message is sent.
 * @param connectionCount How many connections the client has opened.
 */
export function isUnsent(refused: RefusedConnections, connection: number, connectionCount: number): boolean {
  return connectionCount < connection || (connectionCount === refused.last && connection >= refused.first)
}
