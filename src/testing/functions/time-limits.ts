/** The times that Convex allows calls to take, in ms. */

/**
 * The time limit for the code of a query or mutation. The time during which it waits does not
 * count.
 */
export const OWN_TIME_MS = 1000

/**
 * Convex ends an action after this time on the deployment's clock, including the time in which the
 * action waits.
 */
export const ACTION_MS = 600_000
