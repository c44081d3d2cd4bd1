/** `createConvexHooks`: hooks for the errors and the identity of a whole app, as a Vue plugin. */
import type { Value } from 'convex/values'
import type { Plugin } from 'vue'
import type { QueryEntry } from '../store/query-entry.ts'
import type { ConvexUser } from './auth.ts'
import type { ConvexContext } from './context.ts'
import { watch } from 'vue'
import { runUserCallback } from '../reactivity/run-user-callback.ts'
import { isIdentityChange } from '../token/auth-state.ts'
import { useConvexContext } from './context.ts'
import { runAsIdentity } from './identity-scoped.ts'

/** A query that has failed. */
export interface FailedQuery {
  /** The name of the function, such as `tasks:list`. */
  name: string
  args: Record<string, Value>
}

/** A mutation or an action that has failed. */
export interface FailedCall {
  kind: 'mutation' | 'action'
  /** The name of the function, such as `tasks:add`. */
  name: string
  args: unknown
}

/** Hooks of a whole app: see {@link createConvexHooks}. If a hook throws, the error is reported. */
export interface ConvexHooks {
  /**
   * Called once for each error of a query, even if several components show the query. Not called
   * while the same error repeats, nor for an error that the page does not show: the last errors of
   * a session that ends, and an invalid cursor, after which a list restarts by itself.
   *
   * @default undefined
   */
  onQueryError?: (error: Error, query: FailedQuery) => void
  /**
   * Called once for each call of a mutation or an action that fails, beside the `onError` of the
   * composable. After an identity change, the error is an `IdentityChangedError`, and never an
   * error of the previous user.
   *
   * @default undefined
   */
  onMutationError?: (error: Error, call: FailedCall) => void
  /**
   * Called in the tick of each identity change, with the current and the previous user; `null`
   * means anonymous. Not called when the identity of a page becomes known for the first time.
   *
   * @default undefined
   */
  onIdentityChange?: (user: ConvexUser | null, previous: ConvexUser | null) => void
}

/**
 * Hooks for a whole app, for example for messages or for an error tracker. Install them once, after
 * the plugin of `createConvex`. On a server, they are never called.
 *
 * @param hooks The functions to call.
 * @throws {ConvueError} `PLUGIN_MISSING` in `app.use`
 * @example
 * createApp(App)
 *   .use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient }))
 *   .use(createConvexHooks({ onMutationError: error => showToast(error.message) }))
 *   .mount('#app')
 */
export function createConvexHooks(hooks: ConvexHooks): Plugin<[]> {
  return {
    install(app) {
      const context = app.runWithContext(() => useConvexContext('createConvexHooks'))
      if (context.isServer)
        return
      // Other apps may use the same plugin after this app has been unmounted.
      let isMounted = true
      app.onUnmount(() => isMounted = false)
      const call = (run: () => void): void => {
        if (isMounted)
          runUserCallback(run)
      }
      reportQueries(context, (error, query) => call(() => hooks.onQueryError?.(error, query)))
      reportCalls(context, (error, failed) => call(() => hooks.onMutationError?.(error, failed)))
      watch(context.authState, (state, previous) => {
        if (isIdentityChange(previous, state))
          call(() => hooks.onIdentityChange?.(profileOf(state), profileOf(previous)))
      }, { flush: 'sync' })
    },
  }
}

function profileOf({ user }: { user: { profile: unknown } | null | undefined }): ConvexUser | null {
  return (user?.profile ?? null) as ConvexUser | null
}

/** Calls `report` for each new error of each entry of the store. */
function reportQueries({ store }: ConvexContext, report: NonNullable<ConvexHooks['onQueryError']>): void {
  const { acquire } = store
  const watched = new WeakSet<QueryEntry>()
  store.acquire = (query) => {
    const entry = acquire(query)
    if (!watched.has(entry)) {
      watched.add(entry)
      // In a microtask, there is no current component. Otherwise, the watcher would end with the
      // first component that shows the query. The watcher also runs after those of a paginated
      // list, which restarts by itself after an invalid cursor and then does not show the error.
      void Promise.resolve().then(() => watch(() => entry.state.value.error, (error) => {
        if (error)
          report(error, { name: query.name, args: query.args })
      }, { flush: 'sync', immediate: true }))
    }
    return entry
  }
}

/** Calls `report` for each mutation and action that fails, as the identity that has called it. */
function reportCalls(context: ConvexContext, report: NonNullable<ConvexHooks['onMutationError']>): void {
  const { calls } = context.clients
  const { start } = calls
  calls.start = (call) => {
    const { kind, name, args } = call
    if (kind === 'query')
      return start(call)
    const failed: FailedCall = { kind, name, args }
    const started = startOrReport(() => start(call), error => report(error, failed))
    const settled = runAsIdentity(context, () => started.result, error => error && report(error, failed))
    // The caller handles the rejection.
    settled.catch(() => {})
    return started
  }
}

function startOrReport<T>(start: () => T, report: (error: Error) => void): T {
  try {
    return start()
  }
  catch (error) {
    report(error as Error)
    throw error
  }
}
