import type { SignInHint, TokenEngine } from '../token/token-engine.ts'
import { isChangeOfPerson } from '../token/auth-state.ts'

/** Remembers in this browser's storage whether somebody was signed in at this deployment; blocked storage remembers nothing. */
export function signInHint(url: string): SignInHint {
  const key = `convue:${url}`
  return {
    read: () => !!useStorage(() => localStorage.getItem(key)),
    write: isSignedIn => useStorage(() => isSignedIn ? localStorage.setItem(key, '1') : localStorage.removeItem(key)),
  }
}

function useStorage<T>(use: () => T): T | undefined {
  try {
    return use()
  }
  catch {} // private mode, or storage that the visitor has blocked: without a hint the page is a flight slower, not wrong
}

/**
 * Lets the engine hear of what happens around it, until `signal` aborts: the page coming back to life, and other tabs. Warns before the page
 * is left while `isBusy`, since a Convex client would keep such a warning for good.
 */
export function connectToPage(engine: TokenEngine, url: string, isBusy: () => boolean, signal: AbortSignal): void {
  addEventListener('online', engine.wake, { signal })
  document.addEventListener('visibilitychange', () => document.hidden || engine.wake(), { signal })
  addEventListener('beforeunload', event => isBusy() && event.preventDefault(), { signal })
  try {
    announceIdentity(engine, new BroadcastChannel(`convue:${url}`), signal)
  }
  catch {} // it is missing, or blocked together with storage: this tab is on its own
}

/**
 * Tells other tabs whenever it is known, or known anew, who is there. They do not believe it: they ask their provider. A tab that learns what
 * it was told of stays quiet, so that ten tabs make one announcement.
 */
function announceIdentity(engine: TokenEngine, channel: BroadcastChannel, signal: AbortSignal): void {
  let heard: unknown
  channel.onmessage = ({ data }) => {
    heard = data
    if (data !== userId())
      engine.refreshSession()
  }
  engine.subscribe(({ identity }, former) => {
    const isNews = former.identity.person === undefined || isChangeOfPerson(former.identity, identity)
    const known = userId()
    if (isNews && known !== undefined && known !== heard)
      channel.postMessage(heard = known)
  })
  signal.addEventListener('abort', () => channel.close())

  /** `null` for nobody, `undefined` while unknown. */
  function userId(): string | null | undefined {
    const { person } = engine.state.identity
    return person && person.userId
  }
}
