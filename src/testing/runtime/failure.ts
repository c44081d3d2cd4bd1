/** Describes the errors of functions for their callers. */
import type { JSONValue } from 'convex/values'
import { randomBytes } from 'node:crypto'
import { DeveloperError } from '../engine/developer-error.ts'

/** The description of a failed function that its caller receives. */
export interface Failure {
  status: 'error'
  message: string
  /** The data of the function's `ConvexError`, in Convex's JSON encoding. */
  data?: JSONValue
}

/**
 * The error of a call whose function did not run, or whose result was not accepted: the function
 * does not exist, this caller may not call it, or a validator refuses the arguments or the result.
 * The error is reported without a stack.
 */
export class RefusedCall extends Error {}

/** An error that a function has thrown, as its thread describes it. */
export class FunctionError extends Error {
  /** Convex's text: `Uncaught Error: no such task`, followed by the lines of the stack. */
  readonly text: string
  /** The data of a `ConvexError`, in Convex's JSON encoding. */
  readonly data?: JSONValue

  constructor(text: string, data?: JSONValue) {
    super(text)
    this.text = text
    if (data !== undefined)
      this.data = data
  }
}

/** `development` shows the messages of errors to clients, and `production` only their data. */
export type ErrorDetail = 'development' | 'production'

/**
 * Describes an error as a development deployment of Convex does, with the message and the place, or
 * as a production deployment does.
 */
export function describeFailure(error: unknown, detail: ErrorDetail): Failure {
  const summary = `[Request ID: ${randomBytes(8).toString('hex')}] Server Error`
  if (detail === 'production') {
    const { data } = toFunctionError(error)
    return { status: 'error', message: summary, ...data !== undefined && { data } }
  }
  const prefix = `${summary}\n`
  if (error instanceof FunctionError)
    return { status: 'error', message: `${prefix}${error.text}`, ...error.data !== undefined && { data: error.data } }
  return { status: 'error', message: `${prefix}${messageOf(error)}\n` }
}

/** Describes an error for the function that has called the failed function. */
export function describeForCaller(error: unknown): { message: string, data?: JSONValue } {
  if (error instanceof FunctionError)
    return { message: error.text.trimEnd(), ...error.data !== undefined && { data: error.data } }
  const message = messageOf(error)
  if (error instanceof DeveloperError && error.data !== undefined)
    return { message, data: error.data }
  return { message }
}

export function toFunctionError(error: unknown): FunctionError {
  if (error instanceof FunctionError)
    return error
  return new FunctionError(messageOf(error))
}

function messageOf(error: unknown): string {
  if (error instanceof Error)
    return error.message
  return String(error)
}
