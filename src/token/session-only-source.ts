/** The source of an app whose server has sessions and no token endpoint. */
import type { EngineSource, SessionOutcome, TokenOutcome, TokenSource } from './token-source.ts'
import { diagnose } from '../errors/diagnose.ts'

/** Wraps a provider so that the engine uses its sessions and never requests tokens. */
export function sessionOnlySource(source: TokenSource): EngineSource {
  // The other members are inherited and not copied: copying would evaluate getters such as `id`.
  return Object.assign(Object.create(source) as TokenSource, {
    async fetchToken(): Promise<TokenOutcome | SessionOutcome> {
      const snapshot = source.getSnapshot()
      if (snapshot.status === 'signedOut')
        return { kind: 'denied' }
      if (snapshot.status === 'signedIn') {
        const { userId: id, sessionId = null, user: profile, session } = snapshot
        return { kind: 'session', user: { id, sessionId, profile, session } }
      }
      // The next attempt finds the answer to this request in the snapshot.
      source.refresh?.()
      const error = snapshot.status === 'failed' ? snapshot.error : diagnose('SESSION_REQUEST_FAILED')
      return { kind: 'failed', error }
    },
  })
}
