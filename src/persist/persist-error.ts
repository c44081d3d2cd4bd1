/** Creates the errors of `convue/persist` from the error catalogue. */
import type { CodeOf } from '../errors/catalogue.ts'
import { ConvueError } from '../errors/convue-error.ts'
import { writeTexts } from '../errors/error-definition.ts'
import { persistErrors } from '../errors/persist-errors.ts'

/** Creates an error from its code and the error that caused it. */
export function persistError(code: CodeOf<'persist'>, cause: unknown): ConvueError {
  return new ConvueError({ code, ...writeTexts(persistErrors[code], undefined), cause })
}
