/** The answer of a function that never settles. */

/**
 * An answer for a query, mutation or action that remains pending, so that a component shows its
 * loading state.
 *
 * @example
 * mock.query(api.tasks.list, pending)
 */
export function pending(): Promise<never> {
  return new Promise(() => {})
}
