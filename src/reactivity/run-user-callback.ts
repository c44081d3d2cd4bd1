/** Calls functions of the app whose errors must not disturb Convue. */

/**
 * Runs a callback of the app. An error is reported to the global scope, as any uncaught error is.
 */
export function runUserCallback<T>(run: () => T): T | undefined {
  try {
    return run()
  }
  catch (error) {
    setTimeout(() => {
      throw error
    })
  }
}
