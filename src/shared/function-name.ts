/** The name of a Convex function, and the error for a function of the wrong kind. */
import type { FunctionReference } from 'convex/server'
import { getFunctionName } from 'convex/server'
import { diagnose } from '../errors/diagnose.ts'

/**
 * The name of a function on the deployment, such as `tasks:list`.
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
 * Explains the deployment's error about a function of the wrong kind, such as a mutation that is
 * used as a query. At run time a reference does not contain the kind of its function, so Convue
 * cannot detect the mistake earlier.
 */
export function explainFunctionError(error: Error): Error {
  const isOtherKind = /as \w+, but it is defined as /.test(error?.message)
  return isOtherKind ? diagnose('FUNCTION_KIND_MISMATCH', error.message, error) : error
}
