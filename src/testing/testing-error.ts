/** Creates the errors of `convue/testing` from the error catalogue. */
import type { ArgsOf, CodeOf } from '../errors/catalogue.ts'
import type { ErrorDefinition } from '../errors/error-definition.ts'
import { ConvueError } from '../errors/convue-error.ts'
import { writeTexts } from '../errors/error-definition.ts'
import { testingErrors } from '../errors/testing-errors.ts'
import { versionErrors } from '../errors/version-errors.ts'

type TestingErrorCode = CodeOf<'testing'>

/** Creates an error from its code, the params that its message mentions, and its cause. */
export function testingError<Code extends TestingErrorCode>(code: Code, ...args: ArgsOf<Code>): ConvueError
export function testingError(code: TestingErrorCode, params?: unknown, cause?: unknown): ConvueError {
  const definitions: Record<TestingErrorCode, ErrorDefinition> = { ...testingErrors, ...versionErrors }
  return new ConvueError({ code, ...writeTexts(definitions[code], params), cause })
}
