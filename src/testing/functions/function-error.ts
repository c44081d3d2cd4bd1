/** Describes a thrown value in a form that can be sent between threads. */
import type { FunctionError } from './messages.ts'

export function describeError(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error))
    return { message: `Uncaught ${textOf(thrown)}`, stack: '' }
  const message = `Uncaught ${thrown.name}: ${thrown.message}`
  const stack = thrown.stack ?? ''
  // `convex/server` has already replaced the data of a `ConvexError` by its JSON.
  if (Symbol.for('ConvexError') in thrown && 'data' in thrown && typeof thrown.data === 'string')
    return { message, stack, dataJson: thrown.data }
  return { message, stack }
}

/** An error that has no place in the code of the functions. */
export function plainError(message: string): FunctionError {
  return { message, stack: '' }
}

function textOf(value: unknown): string {
  try {
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  }
  catch {
    return '[object]'
  }
}
