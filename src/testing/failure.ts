/** How errors of functions are described to their callers. */
import type { JSONValue, Value } from 'convex/values'
import { randomBytes } from 'node:crypto'
import { basename, sep } from 'node:path'
import { ConvexError, convexToJson } from 'convex/values'
import { ValidationError } from './instrumented-function.ts'

/** How a failed function is reported to its caller. */
export interface Failure {
  status: 'error'
  message: string
  /** The data of the function's `ConvexError`, in Convex's JSON encoding. */
  data?: JSONValue
}

/**
 * A call that did not run its function: the function does not exist, this caller may not call it,
 * or it does not accept the arguments.
 */
export class RefusedCall extends Error {}

/**
 * Describes an error as a development deployment of Convex does: with the message and the place in
 * the functions folder.
 */
export function describeFailure(error: unknown, functions: string): Failure {
  const prefix = `[Request ID: ${randomBytes(8).toString('hex')}] Server Error\n`
  if (error instanceof RefusedCall || error instanceof ValidationError)
    return { status: 'error', message: `${prefix}${error.message}\n` }
  if (isConvexError(error)) {
    const data = convexToJson(error.data as Value)
    return { status: 'error', message: `${prefix}Uncaught ConvexError: ${JSON.stringify(data)}\n${placeOf(error, functions)}`, data }
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { status: 'error', message: `${prefix}Uncaught ${message}\n${placeOf(error, functions)}` }
}

/** Functions may have their own copy of `convex/values`. */
function isConvexError(error: unknown): error is ConvexError<Value> {
  return error instanceof ConvexError || (error instanceof Error && Symbol.for('ConvexError') in error)
}

/** The lines of the stack in files of the app, with paths relative to the functions folder. */
function placeOf(error: unknown, functions: string): string {
  const lines = error instanceof Error ? error.stack?.split('\n') ?? [] : []
  return lines
    .filter(line => line.startsWith('    at ') && line.includes(functions + sep))
    .map(line => `${line.replace('file://', '').replace(functions, `../${basename(functions)}`)}\n`)
    .join('')
}
