/** The source of an app whose server has sessions and no token endpoint. */
import type { EngineSource, SessionOutcome, TokenOutcome, TokenSource } from './token-source.ts'
import { diagnose } from '../errors/catalogue.ts'

/** The same provider for an engine that follows the session and requests no tokens. */
export function sessionOnlySource(source: TokenSource): EngineSource {
  // Everything else is inherited, so that a getter such as `id` is not evaluated here.
  return Object.assign(Object.create(source) as TokenSource, {
    async fetchToken(): Promise<TokenOutcome | SessionOutcome> {
      const snapshot = source.getSnapshot()
      if (snapshot.status === 'signedOut')
        return { kind: 'denied' }
      if (snapshot.status === 'signedIn') {
        const { userId: id, sessionId = null, user: profile, session } = snapshot
        return { kind: 'session', user: { id, sessionId, profile, session } }
      }
      // The answer to this request is the snapshot that the next attempt finds.
      source.refresh?.()
      const error = snapshot.status === 'failed' ? snapshot.error : diagnose('SESSION_REQUEST_FAILED')
      return { kind: 'failed', error }
    },
  })
}
