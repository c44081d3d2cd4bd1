/** Runs foreign code. Its error changes nothing here; like any error that nobody catches, it is reported to the global scope. */
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
