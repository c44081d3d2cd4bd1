/** Makes the errors of `convue/convex` from the catalogue. */
import type { ArgsOf, CodeOf } from '../errors/catalogue.ts'
import type { ConvueErrorCode } from '../errors/convue-error.ts'
import type { ErrorDefinition } from '../errors/error-definition.ts'
import { convexErrors } from '../errors/convex-errors.ts'
import { ConvueError } from '../errors/convue-error.ts'
import { writeTexts } from '../errors/error-definition.ts'
import { versionErrors } from '../errors/version-errors.ts'

type ConvexErrorCode = CodeOf<'convex'>

const DEFINITIONS: Record<ConvexErrorCode, ErrorDefinition> = { ...convexErrors, ...versionErrors }

/**
 * Creates the error with this code. Its params must never contain a key, a token or a
 * secret. The message remains in production, since only developers read a deployment's log.
 */
export function setupError<Code extends ConvexErrorCode>(code: Code, ...args: ArgsOf<Code>): ConvueError
export function setupError(code: ConvexErrorCode, params?: unknown, cause?: unknown): ConvueError {
  return new ConvueError({ code, ...writeTexts(DEFINITIONS[code], params), cause })
}

/** The error of these parts, or `null` if they are not those of an error of `convue/convex`. */
export function restoreError(parts: unknown): ConvueError | null {
  if (typeof parts !== 'object' || parts === null)
    return null
  const { code, why, fix } = parts as Record<string, unknown>
  const isKnown = typeof code === 'string' && Object.hasOwn(DEFINITIONS, code)
  if (!isKnown || typeof why !== 'string' || typeof fix !== 'string')
    return null
  return new ConvueError({ code: code as ConvueErrorCode, why, fix })
}
