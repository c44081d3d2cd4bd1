/** Creates the errors of `convue/tabs` from the error catalogue. */
import type { ArgsOf, CodeOf } from '../errors/catalogue.ts'
import { ConvueError } from '../errors/convue-error.ts'
import { writeTexts } from '../errors/error-definition.ts'
import { tabsErrors } from '../errors/tabs-errors.ts'

/** Creates an error from its code, the params that its message mentions, and its cause. */
export function tabsError<Code extends CodeOf<'tabs'>>(code: Code, ...[params, cause]: ArgsOf<Code>): ConvueError {
  return new ConvueError({ code, cause, ...writeTexts(tabsErrors[code], params) })
}
