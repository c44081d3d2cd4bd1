/** `sharedTabs`: one connection to the deployment for all tabs of an app. */
import type { TokenSharing } from '../token/token-source.ts'
import type { Locks } from './locks.ts'
import type { Problem, TabsWorker } from './worker-connection.ts'
import { onPageEvents } from '../shared/page-events.ts'
import { tabSockets } from './tab-sockets.ts'
import { tabsError } from './tabs-error.ts'

/** A `WebSocket` class that also lets the tabs share their tokens. `createConvex` uses both. */
export type SharedTabsSocket = typeof WebSocket & TokenSharing

/** Options of {@link sharedTabs}. */
export interface SharedTabsOptions {
  /**
   * The sockets of a tab that cannot share a connection.
   *
   * @default WebSocket
   */
  webSocketConstructor?: typeof WebSocket
}

/**
 * Returns a `WebSocket` class for the Convex clients of an app. All tabs of the same browser that
 * run the same build of the app, and whose users are the same, use one connection. Equal queries
 * of several tabs run once. Tabs of the same session also use one token, which one of them
 * requests. Where the browser cannot share a connection, each tab opens its own, and requests its
 * own tokens.
 *
 * @example
 * ```typescript
 * import TabsWorker from 'convue/tabs/worker?sharedworker'
 *
 * const webSocketConstructor = sharedTabs(() => new TabsWorker())
 * createConvex({ url, authClient, clientOptions: { webSocketConstructor } })
 * ```
 *
 * @param createWorker Starts the shared worker `convue/tabs/worker`. Called in a browser only, when
 * the first client connects or the first token is needed.
 * @param options Options.
 */
export function sharedTabs(createWorker: () => SharedWorker, options: SharedTabsOptions = {}): SharedTabsSocket {
  return tabSockets({
    createWorker: () => createWorker() as TabsWorker,
    // No browser API is used before the first client connects, since a server calls this function
    // too.
    locks: { request: (...args: Parameters<LockManager['request']>) => navigator.locks.request(...args) } as Locks,
    createId: () => crypto.randomUUID(),
    onceHidden,
    onPageEvents,
    isSupported,
    openOwn: url => new (options.webSocketConstructor ?? WebSocket)(url),
    warn,
  })
}

function warn(problem: Problem, cause: unknown): void {
  if (process.env.NODE_ENV !== 'production')
    console.warn(tabsError('TABS_NOT_SHARED', problem, cause).message)
}

function isSupported(): boolean {
  return typeof SharedWorker === 'function' && typeof navigator.locks?.request === 'function'
}

/** `pagehide` also fires before the browser freezes a page, which then must not hold a lock. */
function onceHidden(onHide: (isFrozen: boolean) => void): () => void {
  const listener = (event: PageTransitionEvent): void => onHide(event.persisted)
  window.addEventListener('pagehide', listener)
  return () => window.removeEventListener('pagehide', listener)
}
