/** The errors that an app's function causes. Their messages are those of Convex. */
import type { JSONValue } from 'convex/values'

/**
 * An error in the app's code. It is thrown in the function that caused it, with the same message.
 */
export class DeveloperError extends Error {
  /** Convex's short name of the error, such as `IndexNotFoundError`. */
  readonly code: string
  /** The data of the `ConvexError` that the function receives. */
  readonly data?: JSONValue

  constructor(code: string, message: string, data?: JSONValue) {
    super(message)
    this.name = 'DeveloperError'
    this.code = code
    if (data !== undefined)
      this.data = data
  }
}
