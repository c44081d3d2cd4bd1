import type { Identity } from '../token/auth-state.ts'
import type { TokenEngine } from '../token/token-engine.ts'

/** Whether this browser was signed in at this deployment when it was last here: one harmless boolean. */
export function wasSignedIn(url: string): boolean {
  return !!unlessBlocked(() => localStorage.getItem(nameFor(url)))
}

/**
 * Lets the engine hear of what happens around it, until `signal` aborts: the page coming back to life, and other tabs. Remembers whether somebody
 * is signed in. Warns before the page is left while `isBusy`, since a Convex client would keep such a warning for good.
 *
 * Other tabs are told whenever it is known, or known anew, who is there. They do not believe it: they ask their provider. A tab that learns what it
 * was told of stays quiet, so that ten tabs make one announcement.
 */
export function connectToPage(engine: TokenEngine, url: string, isBusy: () => boolean, signal: AbortSignal): void {
  addEventListener('online', engine.wake, { signal })
  document.addEventListener('visibilitychange', () => document.hidden || engine.wake(), { signal })
  // One that the browser has kept has missed what was said meanwhile.
  addEventListener('pageshow', event => event.persisted && engine.refreshSession(), { signal })
  addEventListener('beforeunload', event => isBusy() && event.preventDefault(), { signal })

  const name = nameFor(url)
  const channel = unlessBlocked(() => new BroadcastChannel(name))
  let heard: unknown
  if (channel) {
    signal.addEventListener('abort', () => channel.close())
    channel.onmessage = ({ data }) => {
      heard = data
      if (data !== userIdOf(engine.state))
        engine.refreshSession()
    }
  }
  engine.subscribe((state, former) => {
    const userId = userIdOf(state)
    if (state.status !== 'loading')
      unlessBlocked(() => userId ? localStorage.setItem(name, '1') : localStorage.removeItem(name))
    if (userId !== undefined && userId !== userIdOf(former) && userId !== heard)
      channel?.postMessage(heard = userId)
  })
}

/** Of the entry in the browser's storage, and of the channel between tabs. */
function nameFor(url: string): string {
  return `convue:${url}`
}

/** Storage and channels may be blocked, in private mode or by the visitor: without them the page is a flight slower, and on its own. */
function unlessBlocked<T>(use: () => T): T | undefined {
  try {
    return use()
  }
  catch {}
}

/** `null` for nobody, `undefined` while unknown. */
function userIdOf({ person }: Identity): string | null | undefined {
  return person && person.userId
}
