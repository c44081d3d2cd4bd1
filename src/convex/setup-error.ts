/** Makes the errors of `convue/convex` from the catalogue. */
import type { ArgsOf, CodeOf } from '../errors/catalogue.ts'
import type { ErrorDefinition } from '../errors/error-definition.ts'
import { convexErrors } from '../errors/convex-errors.ts'
import { ConvueError } from '../errors/convue-error.ts'
import { writeTexts } from '../errors/error-definition.ts'
import { versionErrors } from '../errors/version-errors.ts'

type ConvexErrorCode = CodeOf<'convex'>

/**
 * The error of a code, with the params that its message mentions: never a key, a token or a
 * secret. The message remains in production, since only developers read a deployment's log.
 */
export function setupError<Code extends ConvexErrorCode>(code: Code, ...args: ArgsOf<Code>): ConvueError
export function setupError(code: ConvexErrorCode, params?: unknown, cause?: unknown): ConvueError {
  const definitions: Record<ConvexErrorCode, ErrorDefinition> = { ...convexErrors, ...versionErrors }
  return new ConvueError({ code, ...writeTexts(definitions[code], params), cause })
}
