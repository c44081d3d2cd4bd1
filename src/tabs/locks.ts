/** Web Locks, which the browser releases when a page or a worker ends, even by a crash. */

/** Distinguishes the names of these locks from the names of the app's own locks. */
const PREFIX = 'convue:tabs:'

/** The parts of `navigator.locks` that are used. */
export type Locks = Pick<LockManager, 'request'>

/** A lock that is held until {@link HeldLock.release}, or until the page or worker ends. */
export interface HeldLock {
  name: string
  release: () => void
}

/** Takes a lock that no other page or worker has. */
export function holdLock(locks: Locks, createId: () => string): Promise<HeldLock> {
  const name = PREFIX + createId()
  return new Promise((resolve, reject) => {
    locks.request(name, () => new Promise<void>(release => resolve({ name, release }))).catch(reject)
  })
}

/**
 * Calls `onEnd` when the holder of a lock has released it, or has ended.
 *
 * @param locks The locks of the browser.
 * @param name The name of the lock, which is held already.
 * @param onEnd Is not called after `signal` has aborted.
 * @param signal Ends the wait.
 */
export function onceReleased(locks: Locks, name: string, onEnd: () => void, signal: AbortSignal): void {
  locks.request(name, { signal }, onEnd).catch(() => {})
}
