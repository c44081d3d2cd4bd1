/** The name of a Convex function, and the error of a function that is used as another kind. */
import type { FunctionReference } from 'convex/server'
import { getFunctionName } from 'convex/server'
import { diagnose } from '../errors/catalogue.ts'

/**
 * The name of a function as the deployment has it, such as `tasks:list`.
 *
 * @throws {ConvueError} `FUNCTION_INVALID`
 */
export function functionName(reference: FunctionReference<any, any>): string {
  try {
    return getFunctionName(reference)
  }
  catch (cause) {
    throw diagnose('FUNCTION_INVALID', undefined, cause)
  }
}

/**
 * Explains the error of a deployment about, for example, a mutation that is used as a query. A
 * reference has no kind at run time, so this mistake cannot be noticed earlier.
 */
export function explainFunctionError(error: Error): Error {
  const isOtherKind = /as \w+, but it is defined as /.test(error?.message)
  return isOtherKind ? diagnose('FUNCTION_KIND_MISMATCH', error.message, error) : error
}
