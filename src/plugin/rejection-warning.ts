/** The message about a deployment that rejects the tokens of the app, for development. */
import type { ConvexClientOptions } from 'convex/browser'
import type { Token } from '../token/token.ts'
import { diagnose } from '../errors/diagnose.ts'
import { readClaims } from '../shared/jwt.ts'

/**
 * Reports once that the deployment rejects tokens, with the issuer and the audience of the latest
 * token. The message never contains the token. It is written with the logger of the clients.
 */
export function createRejectionWarning(logger: ConvexClientOptions['logger'] = true): (token: Token) => void {
  let hasReported = false
  return ({ value }) => {
    if (hasReported || logger === false)
      return
    hasReported = true
    const target = logger === true ? console : logger
    target.error(diagnose('TOKEN_REJECTED', readClaims(value) ?? undefined).message)
  }
}
