/** Waits until the connection of an answer that has been read can be used again. */

/** Missing on some platforms. A test of an app may replace the global function later. */
const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown }

/**
 * Node's `fetch` returns the end of a body before it marks the connection as free, which it does in
 * the next phase of the event loop. Better Auth sends the next statement at once, so this statement
 * would open a second connection.
 */
export async function untilConnectionIsFree(): Promise<void> {
  if (setImmediate)
    await new Promise<void>(resolve => setImmediate(resolve))
}
