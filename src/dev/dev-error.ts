/** Creates the errors of development tools from the error catalogue. */
import type { ArgsOf, CodeOf } from '../errors/catalogue.ts'
import type { ErrorDefinition } from '../errors/error-definition.ts'
import { ConvueError } from '../errors/convue-error.ts'
import { devErrors } from '../errors/dev-errors.ts'
import { writeTexts } from '../errors/error-definition.ts'
import { versionErrors } from '../errors/version-errors.ts'

type DevErrorCode = CodeOf<'dev'>

/** Creates an error from its code, the params that its message mentions, and its cause. */
export function devError<Code extends DevErrorCode>(code: Code, ...args: ArgsOf<Code>): ConvueError
export function devError(code: DevErrorCode, params?: unknown, cause?: unknown): ConvueError {
  const definitions: Record<DevErrorCode, ErrorDefinition> = { ...devErrors, ...versionErrors }
  return new ConvueError({ code, ...writeTexts(definitions[code], params), cause })
}
