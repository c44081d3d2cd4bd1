/** The times that Convex allows calls to take, in ms. */

/** How long the code of a query or mutation may run. Time in which it waits does not count. */
export const OWN_TIME_MS = 1000

/**
 * Convex ends an action after this time on the deployment's clock, which includes all that the
 * action waits for.
 */
export const ACTION_MS = 600_000
