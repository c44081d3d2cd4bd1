/** Creates the errors of `convue/testing/mock` from the error catalogue. */
import type { ArgsOf, CodeOf } from '../errors/catalogue.ts'
import { ConvueError } from '../errors/convue-error.ts'
import { writeTexts } from '../errors/error-definition.ts'
import { mockErrors } from '../errors/mock-errors.ts'

/** Creates an error from its code and the params that its message mentions. */
export function mockError<Code extends CodeOf<'mock'>>(code: Code, ...[params]: ArgsOf<Code>): ConvueError {
  return new ConvueError({ code, ...writeTexts(mockErrors[code], params) })
}
