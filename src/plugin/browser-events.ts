import type { AuthEngine } from '../token/auth-engine.ts'
import type { Identity } from '../token/auth-state.ts'
import type { TokenSource } from '../token/token-source.ts'

/** Whether this browser was signed in at this deployment when it was last here: one harmless boolean. */
export function wasSignedIn(url: string): boolean {
  return !!unlessBlocked(() => localStorage.getItem(nameFor(url)))
}

interface PageOptions {
  /** The deployment's URL. */
  url: string
  /** What sets the provider apart from others of the same origin and deployment. */
  providerId: TokenSource['id']
  /** Whether calls have not been answered yet. */
  isBusy: () => boolean
  /** Called when the page returns from the background or from being offline. */
  reconnect: () => void
  signal: AbortSignal
}

/**
 * Connects the engine and the connection with the page until `signal` aborts: with its return from the background, and with other tabs. Stores
 * whether a user is signed in. Warns before the page is left while `isBusy`, since a Convex client would never remove such a warning.
 */
export function connectToPage(engine: AuthEngine, { url, providerId, isBusy, reconnect, signal }: PageOptions): void {
  const wake = (): void => {
    reconnect()
    engine.wake()
  }
  addEventListener('online', wake, { signal })
  document.addEventListener('visibilitychange', () => document.hidden || wake(), { signal })
  addEventListener('pageshow', reconnect, { signal })
  // One that the browser has kept has missed what was said meanwhile.
  addEventListener('pageshow', event => event.persisted && engine.refreshSession(), { signal })
  addEventListener('beforeunload', event => isBusy() && event.preventDefault(), { signal })
  engine.subscribe((state) => {
    if (state.status !== 'loading')
      unlessBlocked(() => userIdOf(state) ? localStorage.setItem(nameFor(url), '1') : localStorage.removeItem(nameFor(url)))
  })
  connectToTabs(engine, url, providerId, signal)
}

/**
 * Exchanges identity changes with the other tabs of this app. A tab does not believe an announcement: it asks its provider. A tab that adopts what
 * was announced does not announce it again, so that ten tabs make one announcement.
 */
function connectToTabs(engine: AuthEngine, url: string, providerId: TokenSource['id'], signal: AbortSignal): void {
  let channel: BroadcastChannel | undefined
  /** What another tab has announced, until the provider has answered whether it is true. */
  let announced: { userId: unknown } | undefined

  const open = (id?: string): void => {
    channel = signal.aborted ? undefined : unlessBlocked(() => new BroadcastChannel(id ? `${nameFor(url)}:${id}` : nameFor(url)))
    if (!channel)
      return
    signal.addEventListener('abort', () => channel!.close())
    channel.onmessage = ({ data }) => {
      if (data === userIdOf(engine.state))
        return
      announced = { userId: data }
      engine.refreshSession()
    }
  }
  if (typeof providerId === 'object')
    void providerId.then(open)
  else
    open(providerId)

  engine.subscribe((state, former) => {
    const userId = userIdOf(state)
    const isChange = userId !== undefined && userId !== userIdOf(former)
    if (isChange && !(announced && announced.userId === userId))
      channel?.postMessage(userId)
    // An announcement that turned out not to be true here must not silence this tab when it comes true later.
    const isAnswered = !state.request || state.lastReportedSession !== former.lastReportedSession
    if (isChange || isAnswered)
      announced = undefined
  })
}

/** The name of the entry in the browser's storage, and what the name of the channel between tabs begins with. */
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

/** `null` for anonymous, `undefined` while unknown. */
function userIdOf({ user }: Identity): string | null | undefined {
  return user && user.id
}
