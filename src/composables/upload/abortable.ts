/** `abortable`: makes a promise reject as soon as a signal aborts. */

/**
 * Settles with the promise, or rejects with the signal's reason as soon as the signal aborts. The
 * work behind the promise continues.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_resolve, reject) => {
      signal.throwIfAborted()
      signal.addEventListener('abort', () => reject(signal.reason))
    }),
  ])
}
