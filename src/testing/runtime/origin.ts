/** The origin of a call: its identity, and the request that has caused it. */
import type { Identity } from '../identity.ts'
import type { RequestMetadata } from './call.ts'
import type { Origin } from './invocation.ts'
import { randomUUID } from 'node:crypto'

/** The parts of a request that functions can read. */
interface RequestSource {
  metadata: RequestMetadata | undefined
  authToken: string | null | undefined
}

export function newOrigin(identity: Identity, { metadata, authToken = null }: Partial<RequestSource> = {}): Origin {
  // `randomBytes` would take as long as a short query: unlike `randomUUID`, it has no cache of
  // random bytes.
  const requestId = randomUUID().replaceAll('-', '').slice(0, 16)
  const { ip, userAgent } = metadata ?? { ip: null, userAgent: null }
  return { identity, requestId, ip, userAgent, authToken, authenticationError: null, job: null }
}
