/** Verdicts on the tokens of a client, and the messages that were not carried out. Pure. */

/**
 * The deployment's latest verdict on the tokens of one client. Connections are counted from 1.
 * Messages that were sent on a connection after its token was refused have not been carried out.
 */
export type TokenVerdict
  /** The deployment has not judged a token yet. */
  = | { kind: 'none' }
  /** The deployment has accepted the token of this connection. */
    | { kind: 'accepted', connection: number }
  /** The deployment has refused the token of every connection from `first` to `last`. */
    | { kind: 'refused', first: number, last: number }

export const NO_VERDICT: TokenVerdict = { kind: 'none' }

/** The verdict after the token of the current connection was refused. */
export function refuse(verdict: TokenVerdict, connection: number): TokenVerdict {
  let first = connection
  // Messages that this connection sent while the deployment accepted its token may have been
  // carried out.
  if (verdict.kind === 'accepted' && verdict.connection === connection)
    first = connection + 1
  // The range is only extended if this connection directly follows it: messages of a connection in
  // between may have been carried out.
  else if (verdict.kind === 'refused' && connection <= verdict.last + 1)
    first = verdict.first
  return { kind: 'refused', first, last: connection }
}

/**
 * Whether a message has certainly not been carried out. This is certain if the connection of the
 * message has not opened yet, or if the deployment has refused the token of this connection and of
 * each later connection.
 *
 * @param verdict The verdict on the tokens of the client that sent the message.
 * @param connection The connection on which the message is sent.
 * @param connectionCount How many connections the client has opened.
 */
export function isUnsent(verdict: TokenVerdict, connection: number, connectionCount: number): boolean {
  if (connectionCount < connection)
    return true
  return verdict.kind === 'refused' && connectionCount === verdict.last && connection >= verdict.first
}
