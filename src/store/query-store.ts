/** All live queries of one app, shared and counted: an entry per query, arguments and auth mode. */
import type { IdentityClients } from '../client/identity-clients.ts'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { SsrData, SsrOutcome } from '../ssr/ssr-data.ts'
import type { Withholding } from './withhold-outcomes.ts'
import { getCurrentInstance, nextTick, onServerPrefetch } from 'vue'
import { batch } from '../reactivity/batch.ts'
import { QueryEntry } from './query-entry.ts'

export interface QueryStore {
  /**
   * On a server: the shared entry of a query that the server fetches; `null` for any other query.
   */
  fetchOnServer: (query: QueryDescriptor) => QueryEntry | null
  /** The shared entry of a query, subscribed. Every call needs a `release`. */
  acquire: (query: QueryDescriptor) => QueryEntry
  /**
   * Releases an entry. After its last release, the entry lingers for `lingerMs` milliseconds, and
   * is then unsubscribed.
   */
  release: (entry: QueryEntry, lingerMs: number) => void
  /** Unsubscribes an entry if it only lingers. */
  drop: (entry: QueryEntry | null) => void
  /**
   * Moves every entry to the client of the current identity. Unused entries do not outlive their
   * identity.
   */
  rebind: (isIdentityChange: boolean) => void
  close: () => void
}

export function createQueryStore(
  connection: IdentityClients,
  withhold: Withholding['withhold'],
  ssrData: SsrData | undefined,
): QueryStore {
  const entries = new Map<string, QueryEntry>()
  /**
   * Unused entries. They share one timer, since a page that is left releases many entries at once.
   */
  const lingering = new Set<QueryEntry>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let sweepsAt = Infinity
  /**
   * The identity has changed in this tick. Arguments may be derived from the previous user: no
   * query runs with them for the new identity until the components had the chance to change the
   * arguments or release the query.
   */
  let isChanging = false

  function entryOf(query: QueryDescriptor): QueryEntry {
    let entry = entries.get(query.key)
    if (!entry) {
      entry = new QueryEntry(query, connection, withhold)
      entries.set(query.key, entry)
    }
    return entry
  }

  function remove(entry: QueryEntry): void {
    entries.delete(entry.query.key)
    lingering.delete(entry)
    entry.close()
  }

  function sweep(): void {
    sweepsAt = Infinity
    const now = performance.now()
    batch(() => {
      for (const entry of lingering) {
        if (entry.lingersUntil > now)
          sweepAt(entry.lingersUntil)
        else
          remove(entry)
      }
    })
    connection.closeUnused()
  }

  function sweepAt(time: number): void {
    if (time >= sweepsAt)
      return
    clearTimeout(timer)
    sweepsAt = time
    // A timer with a longer delay would fire at once.
    timer = setTimeout(sweep, Math.min(time - performance.now(), 2 ** 31 - 1))
  }

  function bindAll(removesUnused: boolean, isIdentityChange: boolean): void {
    for (const entry of entries.values()) {
      if (removesUnused && entry.users === 0)
        remove(entry)
      else
        entry.bind(isIdentityChange, isChanging)
    }
    connection.closeUnused()
  }

  return {
    fetchOnServer(query) {
      const fetched = ssrData?.fetch?.(query, connection.userIdFor(query.auth))
      if (!fetched)
        return null
      const entry = entryOf(query)
      waitInComponent(fetched.then(outcome => showFetched(entry, outcome)))
      return entry
    },
    acquire(query) {
      const entry = entryOf(query)
      const fetched = ssrData?.take?.(query, connection.userIdFor(query.auth))
      if (fetched) {
        waitInComponent()
        showFetched(entry, fetched)
      }
      // An entry that components use, or that lingers, is bound already.
      entry.users++
      if (entry.users === 1 && !lingering.delete(entry))
        entry.bind(false, false)
      return entry
    },
    release(entry, lingerMs) {
      if (--entry.users > 0 || entries.get(entry.query.key) !== entry)
        return
      const now = performance.now()
      // A short linger time does not shorten a longer one of another component.
      entry.lingersUntil = Math.max(entry.lingersUntil, now + lingerMs)
      if (entry.lingersUntil > now) {
        lingering.add(entry)
        sweepAt(entry.lingersUntil)
      }
      else {
        remove(entry)
        connection.closeUnused()
      }
    },
    drop(entry) {
      if (lingering.has(entry!))
        remove(entry!)
    },
    rebind(isIdentityChange) {
      if (isIdentityChange)
        ssrData?.forgetUser?.()
      if (isIdentityChange && !isChanging) {
        isChanging = true
        // The first tick may end before the flush that this change causes; the second tick ends
        // after it.
        void nextTick(() => nextTick(() => batch(() => {
          isChanging = false
          bindAll(true, false)
        })))
      }
      bindAll(isIdentityChange, isIdentityChange)
    },
    close() {
      clearTimeout(timer)
      // Prevents later releases from starting a timer.
      sweepsAt = -Infinity
      batch(() => entries.forEach(remove))
    },
  }
}

/** Shows what a server fetched, unless there is a result already. */
function showFetched({ state }: QueryEntry, outcome: SsrOutcome): void {
  if (state.value.status === 'pending')
    state.value = outcome.status === 'success' ? { ...outcome, isStale: true, isPreloaded: true } : outcome
}

/**
 * Makes the server wait before it renders the current component. A browser waits for nothing, but
 * must add the hook to the same components as the server did: Vue's `useId` counts the components
 * that have such a hook.
 *
 * @see https://github.com/vuejs/core/blob/main/packages/runtime-core/src/helpers/useId.ts
 */
function waitInComponent(fetched?: Promise<void>): void {
  if (getCurrentInstance())
    onServerPrefetch(() => fetched)
}
