/** Warns of an issuer that is missing on the app's own server. */
import type { ConvexTokenOptions } from './token-options.ts'
import { setupError } from '../setup-error.ts'

/**
 * On a server of the app, `issuer: process.env.SITE_URL` is `undefined` if the variable is not set.
 * The tokens would then have the issuer of the deployment, which rejects them.
 */
export function warnOfMissingIssuer(options: ConvexTokenOptions, logger: { warn: (message: string) => void }): void {
  // Convex sets this variable in its functions, where the default is right.
  const isInConvex = Boolean(process.env.CONVEX_CLOUD_URL)
  if (!isInConvex && 'issuer' in options && options.issuer === undefined)
    logger.warn(setupError('ISSUER_MISSING').message)
}
