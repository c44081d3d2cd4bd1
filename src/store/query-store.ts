/** All live queries of one app, shared and counted: an entry per query, arguments and auth mode. */
import type { IdentityClients } from '../client/identity-clients.ts'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { Cancel } from '../shared/schedule.ts'
import type { SsrData, SsrOutcome } from '../ssr/ssr-data.ts'
import type { StoredResults } from './result-store.ts'
import type { Withholding } from './withhold-outcomes.ts'
import { nextTick } from 'vue'
import { batch } from '../reactivity/batch.ts'
import { waitInComponent } from '../reactivity/wait-in-component.ts'
import { schedule } from '../shared/schedule.ts'
import { QueryEntry } from './query-entry.ts'

export interface QueryStore {
  /**
   * On a server: the shared entry of a query that the server fetches; `null` for any other query.
   */
  fetchOnServer: (query: QueryDescriptor) => QueryEntry | null
  /** The shared entry of a query, subscribed. Every call needs a `release`. */
  acquire: (query: QueryDescriptor) => QueryEntry
  /**
   * Releases an entry. When no component uses the entry any longer, it lingers for `lingerMs`
   * milliseconds and is then unsubscribed.
   */
  release: (entry: QueryEntry, lingerMs: number) => void
  /** Unsubscribes an entry at once if it is lingering. */
  drop: (entry: QueryEntry | null) => void
  /**
   * Binds every entry to the client of the current identity. An identity change also removes all
   * unused entries.
   */
  rebind: (isIdentityChange: boolean) => void
  close: () => void
  /** All entries by their keys, for DevTools. `undefined` in production. */
  entries?: ReadonlyMap<string, QueryEntry>
}

export function createQueryStore(
  connection: IdentityClients,
  withhold: Withholding['withhold'],
  ssrData: SsrData | undefined,
  stored?: StoredResults,
): QueryStore {
  const entries = new Map<string, QueryEntry>()
  /** Unused entries. They share one timer, since leaving a page releases many entries at once. */
  const lingering = new Set<QueryEntry>()
  let cancelSweep: Cancel | undefined
  let sweepsAt = Infinity
  /**
   * The identity has just changed. The arguments of a query may be derived from the previous user.
   * So no query runs for the new identity before its components have had the chance to change the
   * arguments or to release the query.
   */
  let isChanging = false

  function entryOf(query: QueryDescriptor): QueryEntry {
    let entry = entries.get(query.key)
    if (!entry) {
      entry = new QueryEntry(query, connection, withhold, stored)
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
    cancelSweep?.()
    sweepsAt = time
    cancelSweep = schedule(sweep, time - performance.now())
  }

  function bind(entry: QueryEntry, isIdentityChange: boolean, isHeld: boolean): void {
    entry.bind(isIdentityChange, isHeld || !!stored?.isUserExpected)
    if (!isHeld)
      entry.restore()
  }

  function bindAll(removesUnused: boolean, isIdentityChange: boolean): void {
    for (const entry of entries.values()) {
      if (removesUnused && entry.users === 0)
        remove(entry)
      else
        bind(entry, isIdentityChange, isChanging)
    }
    connection.closeUnused()
  }

  return {
    ...process.env.NODE_ENV !== 'production' && { entries },
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
      if (entry.users++ === 0 && !lingering.delete(entry))
        bind(entry, false, false)
      return entry
    },
    release(entry, lingerMs) {
      if (--entry.users > 0 || entries.get(entry.query.key) !== entry)
        return
      const now = performance.now()
      // If two components release the entry with different linger times, the longer one counts.
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
        // Waits for two ticks: the first may end before the flush that this change causes, and the
        // second ends after the flush.
        void nextTick(() => nextTick(() => batch(() => {
          isChanging = false
          bindAll(true, false)
        })))
      }
      bindAll(isIdentityChange, isIdentityChange)
    },
    close() {
      cancelSweep?.()
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
