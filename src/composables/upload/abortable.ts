/** `abortable`: makes a promise reject as soon as a signal aborts. */

/**
 * Settles like the promise, or rejects with the signal's reason, whichever happens first. It does
 * not stop the work behind the promise.
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
