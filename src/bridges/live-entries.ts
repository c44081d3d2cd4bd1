/** The subscriptions of the entries of another library's cache. */
import type { Value } from 'convex/values'
import type { ConvexContext } from '../plugin/context.ts'
import type { QueryEntry } from '../store/query-entry.ts'
import type { ConvexQueryKey } from './bridged-query.ts'
import { effectScope, watch } from 'vue'
import { identityOf } from '../plugin/identity-scoped.ts'
import { keyIdentity, queryOfKey } from './bridged-query.ts'

/** Receives the results and errors of an entry that arrive after its first result. */
export interface LiveEntryListener {
  onResult: (value: Value) => void
  onError: (error: Error) => void
}

interface Subscription { entry: QueryEntry, first: Promise<Value>, stop: () => void }

/** The subscriptions of the entries of one cache, for one app. */
export interface LiveEntries<Entry extends object> {
  /**
   * Subscribes an entry. Resolves with the first result, or rejects with its error. If the entry is
   * already subscribed, the query runs again.
   */
  fetch: (entry: Entry, key: ConvexQueryKey, listener: LiveEntryListener) => Promise<Value>
  /** Unsubscribes an entry that is no longer in the cache. */
  stop: (entry: Entry) => void
}

/**
 * @param context The parts of the app's plugin.
 * @param forget Removes all entries of other identities from the cache, in this tick.
 */
export function createLiveEntries<Entry extends object>(
  context: ConvexContext,
  forget: (isForeign: (key: unknown) => boolean) => void,
): LiveEntries<Entry> {
  const subscriptions = new Map<Entry, Subscription>()
  const scope = effectScope(true)

  /** Whether a key belongs to another identity than the current one. */
  function isForeign(key: unknown): boolean {
    const [, , , as] = key as ConvexQueryKey
    return as?.auth !== 'public' && as?.userId !== keyIdentity(context, as?.auth)
  }

  scope.run(() => watch(() => identityOf(context), () => forget(isForeign), { flush: 'sync' }))
  context.app.onUnmount(() => {
    scope.stop()
    for (const { stop } of subscriptions.values())
      stop()
    subscriptions.clear()
  })

  function subscribe(key: ConvexQueryKey, listener: LiveEntryListener): Subscription {
    const entry = context.store.acquire(queryOfKey(key))
    const ownScope = effectScope(true)
    let hasSettled = false
    const first = new Promise<Value>((resolve, reject) => {
      const receive = ({ status, value, error }: QueryEntry['state']['value']): void => {
        if (status !== 'success' && status !== 'error')
          return
        // The promise is for the first outcome only, so the listener receives later outcomes.
        if (hasSettled && error)
          listener.onError(error)
        else if (hasSettled)
          listener.onResult(value as Value)
        else if (error)
          reject(error)
        else
          resolve(value as Value)
        hasSettled = true
      }
      ownScope.run(() => watch(entry.state, receive, { immediate: true, flush: 'sync' }))
    })
    return {
      entry,
      first,
      stop() {
        ownScope.stop()
        context.store.release(entry, 0)
      },
    }
  }

  return {
    async fetch(cached, key, listener) {
      const known = subscriptions.get(cached)
      if (!known) {
        const subscription = subscribe(key, listener)
        subscriptions.set(cached, subscription)
        return await subscription.first
      }
      await known.entry.refresh()
      const { value, error } = known.entry.state.value
      if (error)
        throw error
      return value === undefined ? await known.first : value
    },
    stop(cached) {
      subscriptions.get(cached)?.stop()
      subscriptions.delete(cached)
    },
  }
}
