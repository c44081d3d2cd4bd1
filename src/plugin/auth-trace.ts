/** What a page reports about its auth events during development. */
import type { ConvexClientOptions } from 'convex/browser'
import type { DevelopmentRecord } from '../devtools/record.ts'
import type { AuthTrace } from '../token/auth-engine.ts'
import { diagnose } from '../errors/diagnose.ts'
import { readClaims } from '../shared/jwt.ts'

/**
 * Records each auth event for DevTools, and logs it if `debug` is set. Reports once that the
 * deployment rejects several tokens in a row, with the issuer and the audience of the latest one.
 * The report never contains the token, and is written with the logger of the clients.
 */
export function createAuthTrace(
  debug: boolean | undefined,
  logger: ConvexClientOptions['logger'] = true,
  record?: DevelopmentRecord,
): AuthTrace {
  let hasReported = logger === false
  return (event, from, to, token) => {
    record?.addAuthEvent(event, from, to)
    if (debug) {
      // eslint-disable-next-line no-console
      console.debug(`[convue] ${event}: ${from.status} → ${to.status}`)
    }
    if (hasReported || event !== 'rejected' || !to.error || !token)
      return
    hasReported = true
    const target = typeof logger === 'object' ? logger : console
    target.error(diagnose('TOKEN_REJECTED', readClaims(token.value) ?? undefined).message)
  }
}
