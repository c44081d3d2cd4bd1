/** The provider of an app whose server has sessions, and no token endpoint. */
import type { TokenOutcome, TokenSource } from './token-source.ts'
import { diagnose } from '../errors/catalogue.ts'

/**
 * The same provider for an engine that only follows the session. It requests no token: the engine gets
 * one that is made here of the session, and that nothing else ever sees.
 */
export function sessionOnlySource(source: TokenSource): TokenSource {
  let serial = 0
  // Everything else is inherited, so that a getter such as `id` is not evaluated here.
  return Object.assign(Object.create(source) as TokenSource, {
    async fetchToken(): Promise<TokenOutcome> {
      const snapshot = source.getSnapshot()
      if (snapshot.status === 'signedOut')
        return { kind: 'denied' }
      if (snapshot.status === 'signedIn') {
        const { userId, sessionId } = snapshot
        const claims = new TextEncoder().encode(JSON.stringify({ sub: userId, sessionId, serial: ++serial }))
        return { kind: 'token', token: `.${btoa(String.fromCharCode(...claims))}.` }
      }
      // The next attempt finds what this request is answered with.
      source.refresh?.()
      return { kind: 'failed', error: snapshot.status === 'failed' ? snapshot.error : diagnose('SESSION_REQUEST_FAILED') }
    },
  })
}
