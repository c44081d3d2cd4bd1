/** Describes a thrown value in a form that can be sent between threads. */
import type { FunctionError } from './messages.ts'

export function describeError(thrown: unknown): FunctionError {
  try {
    return describe(thrown)
  }
  catch {
    // Reading the value has thrown, for example because it is a proxy. The call must end
    // nevertheless.
    return plainError('Uncaught [object]')
  }
}

function describe(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error))
    return { message: `Uncaught ${textOf(thrown)}`, stack: '' }
  const message = `Uncaught ${String(thrown.name)}: ${String(thrown.message)}`
  // Functions may replace the stack by a value that cannot be sent to another thread.
  const stack = typeof thrown.stack === 'string' ? thrown.stack : ''
  // `convex/server` has already replaced the data of a `ConvexError` by its JSON.
  if (Symbol.for('ConvexError') in thrown && 'data' in thrown && typeof thrown.data === 'string')
    return { message, stack, dataJson: thrown.data }
  return { message, stack }
}

/** An error that no line of the app's code has thrown. */
export function plainError(message: string): FunctionError {
  return { message, stack: '' }
}

function textOf(value: unknown): string {
  try {
    if (typeof value === 'object' && value !== null)
      return JSON.stringify(value)
    return String(value)
  }
  catch {
    return '[object]'
  }
}
