/** A request to an HTTP action, and its reply. */
import type { Identity } from '../identity.ts'
import type { RequestMetadata } from './call.ts'

/** A request to an HTTP action. */
export interface HttpRequest {
  url: string
  method: string
  headers: [name: string, value: string][]
  body: Uint8Array<ArrayBuffer> | null
  identity: Identity
  /** The token with which the user has authenticated. */
  authToken?: string | undefined
  /** The error of a refused bearer token; `null` if the token was accepted or is missing. */
  authenticationError: Error | null
  metadata: RequestMetadata
}

/** The reply of an HTTP action. */
export interface HttpReply {
  status: number
  headers: [name: string, value: string][]
  body: ReadableStream<Uint8Array> | string | null
}
