/** Refuses versions of Better Auth that Convue does not support, inside of Convex functions. */
import { SUPPORTED_VERSIONS } from '../versions/supported-versions.ts'
import { isInRange } from '../versions/version-range.ts'
import { setupError } from './setup-error.ts'

/**
 * Checks the version that Better Auth reports in the context of a plugin.
 *
 * @throws ConvueError `VERSION_CONFLICT`
 */
export function requireBetterAuth(version: string): void {
  const name = 'better-auth'
  const needed = SUPPORTED_VERSIONS[name]
  if (!isInRange(version, needed))
    throw setupError('VERSION_CONFLICT', { name, version, needed, by: 'Convue' })
}
