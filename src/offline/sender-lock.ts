/** The lock of the tab that sends the calls of a user: a Web Lock, which ends with its tab. */
import { reportError } from '../reactivity/run-user-callback.ts'

export interface SenderLock {
  /** The lock that this tab holds now. Each lock that a tab receives is another object. */
  readonly held: object | undefined
  /**
   * Requests the lock or releases it. A tab holds the lock only while there is work: a page that
   * holds a lock cannot enter the back/forward cache of the browser.
   */
  setWanted: (isWanted: boolean) => void
}

/**
 * @param name The name of the lock on this origin.
 * @param onAcquired Called when this tab has received the lock.
 */
export function createSenderLock(name: string, onAcquired: () => void): SenderLock {
  let request: { controller: AbortController, release?: () => void } | undefined

  return {
    get held() {
      return request?.release && request
    },
    setWanted(isWanted) {
      if (isWanted && !request) {
        acquire()
      }
      else if (!isWanted && request) {
        const { controller, release } = request
        request = undefined
        if (release)
          release()
        else
          controller.abort()
      }
    },
  }

  function acquire(): void {
    const current: NonNullable<typeof request> = { controller: new AbortController() }
    request = current
    const hold = (): Promise<void> | undefined => {
      // The request was withdrawn at the moment at which the browser granted it.
      if (request !== current)
        return undefined
      return new Promise((resolve) => {
        current.release = resolve
        onAcquired()
      })
    }
    navigator.locks.request(name, { signal: current.controller.signal }, hold).catch((error: unknown) => {
      if (!current.controller.signal.aborted)
        reportError(error)
    })
  }
}
