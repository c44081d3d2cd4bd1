/** Connects a plugin with its page: browser events, other tabs, the hint of a previous sign-in. */
import type { IdentityId } from '../shared/identity-id.ts'
import type { AuthEngine } from '../token/auth-engine.ts'
import type { Identity } from '../token/auth-state.ts'
import type { TokenSource } from '../token/token-source.ts'
import { useBroadcastChannel, useEventListener } from '@vueuse/core'
import { getCurrentInstance, getCurrentScope } from 'vue'

/** Whether a user was signed in when this browser last showed an app of this deployment. */
export function wasSignedIn(url: string): boolean {
  return !!unlessBlocked(() => localStorage.getItem(nameFor(url)))
}

interface PageOptions {
  /** The deployment's URL. */
  url: string
  /**
   * Distinguishes the provider from other providers on the same origin and with the same
   * deployment.
   */
  providerId: TokenSource['id']
  /** Whether a mutation or an action has not settled yet. */
  isBusy: () => boolean
  /** Called when the page becomes visible or online again. */
  reconnect: () => void
}

/**
 * Must be called in the effect scope of the plugin: all listeners are removed when this scope ends.
 * When the page becomes visible or online again, it reconnects and wakes the engine. It also
 * exchanges identity changes with other tabs, and stores whether a user is signed in.
 *
 * `useOnline` and `useDocumentVisibility` are not used, because they report a state, and each event
 * counts here. An event that does not change the state, such as `online` after a switch of
 * networks, would be lost. `window` is passed explicitly: by default, VueUse uses the `window` that
 * existed when VueUse was loaded, and in tests there may have been none.
 *
 * @see docs/contributing/convex-client.md#connecting
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
    // A page in the back/forward cache of the browser does not receive the messages of other tabs.
    if (event.persisted)
      engine.refreshSession()
  })
  // Convue has its own warning, since a Convex client never removes its listener.
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
 * Exchanges identity changes with the other tabs of this app. A tab does not trust an announcement,
 * but requests the session from its provider. If the announced identity becomes the identity of the
 * tab, the tab does not announce it again, so ten tabs send only one announcement.
 *
 * @see docs/contributing/convex-client.md#better-auth-on-convex
 */
function connectToTabs(engine: AuthEngine, url: string, providerId: TokenSource['id']): void {
  const scope = getCurrentScope()!
  let tabs: ReturnType<typeof useBroadcastChannel<string | null, string | null>> | undefined
  /** The identity that another tab has announced, until the provider has answered. */
  let announced: unknown

  const openInScope = (id?: string): void => {
    tabs = useBroadcastChannel<string | null, string | null>({ name: nameFor(url, id), window })
    // `tabs.data` is not used, because it is a ref: a second, equal announcement would not trigger
    // it.
    useEventListener<MessageEvent<unknown>>(tabs.channel, 'message', ({ data }) => {
      const userId = userIdOf(engine.state)
      if (data === userId)
        return
      announced = data
      // A tab whose identity is unknown has requested it already, and first waits for the answer.
      if (userId !== undefined)
        engine.refreshSession()
    })
  }
  const open = (id?: string): void => {
    if (scope.active)
      unlessBlocked(() => scope.run(() => openInScope(id)))
  }
  // If the plugin is created in a hook of a component, `useBroadcastChannel` would wait for
  // `onMounted` of this component, which may already have run. In a microtask, there is no current
  // component.
  if (typeof providerId === 'object' || getCurrentInstance())
    void Promise.resolve(providerId).then(open)
  else
    open(providerId)

  engine.subscribe((state, previous) => {
    const userId = userIdOf(state)
    const isChange = userId !== undefined && userId !== userIdOf(previous)
    if (isChange && announced !== userId) {
      tabs?.post(userId)
      // The answer may be older than the announcement.
      if (announced !== undefined)
        engine.refreshSession()
    }
    // If the provider has not confirmed an announcement, it must be discarded. Otherwise, this tab
    // would not announce the same change when it happens later.
    const isAnswered = !state.request || state.lastReportedSession !== previous.lastReportedSession
    if (isChange || isAnswered)
      announced = undefined
  })
}

/**
 * The name of the hint in the browser's storage. The name of the channel between tabs is this key,
 * followed by the id of the provider.
 */
function nameFor(url: string, id?: string): string {
  return `convue:${url}${id ? `:${id}` : ''}`
}

/**
 * Returns `undefined` if private mode or the settings of the browser block storage and channels.
 * Without storage, page load takes one more round trip. Without a channel, a tab notices the
 * sign-ins and sign-outs of other tabs only when it requests the session.
 */
function unlessBlocked<T>(use: () => T): T | undefined {
  try {
    return use()
  }
  catch {}
}

function userIdOf({ user }: Identity): IdentityId {
  return user && user.id
}
