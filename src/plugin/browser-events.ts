/** Connects a plugin with its page: browser events, other tabs, the hint of a previous sign-in. */
import type { AuthEngine } from '../token/auth-engine.ts'
import type { Identity } from '../token/auth-state.ts'
import type { TokenSource } from '../token/token-source.ts'
import { useBroadcastChannel, useEventListener } from '@vueuse/core'
import { getCurrentInstance, getCurrentScope } from 'vue'

/** Whether a user was signed in when this browser last showed an app of the deployment. */
export function wasSignedIn(url: string): boolean {
  return !!unlessBlocked(() => localStorage.getItem(nameFor(url)))
}

interface PageOptions {
  /** The deployment's URL. */
  url: string
  /** Distinguishes the provider from others of the same origin and deployment. */
  providerId: TokenSource['id']
  /** Whether a mutation or an action has not settled yet. */
  isBusy: () => boolean
  /** Called when the page returns from the background or from being offline. */
  reconnect: () => void
}

/**
 * Runs in the effect scope of the plugin, and listens until that scope ends. Wakes the engine and
 * reconnects when the page returns, exchanges identity changes with other tabs, and stores whether
 * a user is signed in.
 *
 * The events are not read through `useOnline` and `useDocumentVisibility`: these report a state, so
 * an `online` or `visibilitychange` event that does not change the state, as after a switch of
 * networks, would be lost. `window` is passed explicitly: VueUse's default is the one that existed
 * when VueUse was loaded, which in a test may be none.
 */
export function connectToPage(engine: AuthEngine, { url, providerId, isBusy, reconnect }: PageOptions): void {
  const wake = (): void => {
    reconnect()
    engine.wake()
  }
  useEventListener(window, 'online', wake)
  useEventListener(document, 'visibilitychange', () => {
    if (!document.hidden)
      wake()
  })
  useEventListener(window, 'pageshow', (event) => {
    reconnect()
    // While the browser kept the page in its back/forward cache, the page missed the messages of
    // other tabs.
    if (event.persisted)
      engine.refreshSession()
  })
  // A Convex client would never remove a listener of its own.
  useEventListener(window, 'beforeunload', (event) => {
    if (isBusy())
      event.preventDefault()
  })
  engine.subscribe((state) => {
    if (state.status === 'loading')
      return
    unlessBlocked(() => {
      if (state.user)
        localStorage.setItem(nameFor(url), '1')
      else
        localStorage.removeItem(nameFor(url))
    })
  })
  connectToTabs(engine, url, providerId)
}

/**
 * Exchanges identity changes with the other tabs of this app. A tab does not trust an announcement:
 * it requests the session from its provider. A tab that adopts an announced identity does not
 * announce the identity again, so that ten tabs make one announcement.
 */
function connectToTabs(engine: AuthEngine, url: string, providerId: TokenSource['id']): void {
  const scope = getCurrentScope()!
  let tabs: ReturnType<typeof useBroadcastChannel<string | null, string | null>> | undefined
  /** The identity that another tab has announced, until the provider has confirmed or denied it. */
  let announced: unknown

  const openInScope = (id?: string): void => {
    tabs = useBroadcastChannel<string | null, string | null>({ name: nameFor(url, id), window })
    // Its `data` is a ref: a second, equal announcement would change nothing and pass unnoticed.
    useEventListener<MessageEvent<unknown>>(tabs.channel, 'message', ({ data }) => {
      if (data === userIdOf(engine.state))
        return
      announced = data
      engine.refreshSession()
    })
  }
  const open = (id?: string): void => {
    if (scope.active)
      unlessBlocked(() => scope.run(() => openInScope(id)))
  }
  // In a hook of a component, `useBroadcastChannel` would wait for `onMounted`, which may have
  // passed.
  if (typeof providerId === 'object' || getCurrentInstance())
    void Promise.resolve(providerId).then(open)
  else
    open(providerId)

  engine.subscribe((state, previous) => {
    const userId = userIdOf(state)
    const isChange = userId !== undefined && userId !== userIdOf(previous)
    if (isChange && announced !== userId)
      tabs?.post(userId)
    // An announcement that the provider has denied must not silence this tab when the same change
    // happens later.
    const isAnswered = !state.request || state.lastReportedSession !== previous.lastReportedSession
    if (isChange || isAnswered)
      announced = undefined
  })
}

/**
 * The name of the hint in the browser's storage and, with a provider's id, of the channel between
 * tabs.
 */
function nameFor(url: string, id?: string): string {
  return `convue:${url}${id ? `:${id}` : ''}`
}

/**
 * Private mode or the user's settings may block storage and channels. Without storage, a page needs
 * one more round trip to boot; without a channel, it learns of other tabs' sign-ins and sign-outs
 * from the provider alone.
 */
function unlessBlocked<T>(use: () => T): T | undefined {
  try {
    return use()
  }
  catch {}
}

/** `null` for anonymous, `undefined` while the identity is unknown. */
function userIdOf({ user }: Identity): string | null | undefined {
  return user && user.id
}
