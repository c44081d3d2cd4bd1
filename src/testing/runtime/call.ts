/** A call of a function from outside the deployment, and its outcome. */
import type { JSONValue } from 'convex/values'
import type { Identity } from '../identity.ts'
import type { Failure } from './failure.ts'

/** A call of a function from outside the deployment. */
export interface Call {
  /** The function's name in the app, such as `messages:list`. */
  name: string
  /** Arguments in Convex's JSON encoding: an object, or a list that contains this object. */
  args: JSONValue
  identity: Identity
  /** The socket on which the call arrived; `null` for HTTP and for a test's own calls. */
  connection: number | null
  /** Clients may only call public functions. Tests and crons (`trusted`) may call all functions. */
  caller: 'client' | 'trusted'
  /** The component of the function, which only an admin can name. @default the app */
  component?: string
  /** @default unknown */
  metadata?: RequestMetadata
  /** The token with which the user has authenticated. */
  authToken?: string | undefined
}

/**
 * The outcome of a function, with the lines of its console. The result is the text that
 * the function's thread has encoded, which is sent to the client without being parsed.
 */
export type Outcome = ({ status: 'success', json: string } | Failure) & { logLines: string[] }

/** The outcome of a mutation. */
export interface Answer {
  outcome: Outcome
  /** The timestamp of the commit; `null` if the mutation was not committed. */
  ts: bigint | null
}

/** The request of a client's mutation, which the client may send again after a reconnect. */
export interface MutationRequest {
  sessionId: string
  requestId: number
}

/** The metadata of the request that caused a call. */
export interface RequestMetadata {
  ip: string | null
  userAgent: string | null
}
