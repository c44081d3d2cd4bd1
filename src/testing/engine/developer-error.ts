/** The errors that an app's function causes, and that Convex reports with the same words. */
import type { JSONValue } from 'convex/values'

/**
 * An error that the app's developer has to mend. The function that made the request receives the
 * message.
 */
export class DeveloperError extends Error {
  /** Convex's short name of the error, such as `IndexNotFoundError`. */
  readonly code: string
  /** The data that the function receives as those of a `ConvexError`. */
  readonly data?: JSONValue

  constructor(code: string, message: string, data?: JSONValue) {
    super(message)
    this.name = 'DeveloperError'
    this.code = code
    if (data !== undefined)
      this.data = data
  }
}
