import type { FunctionReference } from 'convex/server'
import { getFunctionName } from 'convex/server'
import { diagnose } from '../errors/catalogue.ts'

/**
 * The name of a function on the wire, such as `tasks:list`.
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

/** A reference does not tell its kind when the app runs, so the deployment is the first to notice a mutation that is used as a query. */
export function explainFunctionError(error: Error): Error {
  return /as \w+, but it is defined as /.test(error?.message) ? diagnose('FUNCTION_KIND_MISMATCH', error.message, error) : error
}
