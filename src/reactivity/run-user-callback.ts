/** Calls functions of the app in such a way that their errors do not disturb Convue. */

/** Runs a callback of the app. If it throws, the error is reported like any uncaught error. */
export function runUserCallback<T>(run: () => T): T | undefined {
  try {
    return run()
  }
  catch (error) {
    reportError(error)
  }
}

/** Reports an error that no caller receives, like any uncaught error. */
export function reportError(error: unknown): void {
  setTimeout(() => {
    throw error
  })
}
