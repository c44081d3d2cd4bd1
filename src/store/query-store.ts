import type { IdentityClients } from '../client/identity-clients.ts'
import type { QueryIdentity } from '../client/identity-for.ts'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { SsrData, SsrOutcome } from '../ssr/ssr-data.ts'
import type { Withholding } from './withhold-outcomes.ts'
import { getCurrentInstance, nextTick, onServerPrefetch } from 'vue'
import { batch } from '../reactivity/batch.ts'
import { QueryEntry } from './query-entry.ts'

/** All queries of one app, shared and counted: one entry per query, arguments and auth mode. */
export interface QueryStore {
  /** On a server: the shared entry of a query that is asked there; `null` if it is not. */
  fetchOnServer: (query: QueryDescriptor) => QueryEntry | null
  /** The shared entry of a query, subscribed. Every call needs a `release`. */
  acquire: (query: QueryDescriptor) => QueryEntry
  /** Gives an entry back. The last one to leave takes it off the wire, after `lingerMs` milliseconds. */
  release: (entry: QueryEntry, lingerMs: number) => void
  /** Takes an entry off the wire, if it only lingers there. */
  drop: (entry: QueryEntry | null) => void
  /** Moves every entry to where it belongs now. What nobody uses does not outlive its person. */
  rebind: (isOtherPerson: boolean) => void
  close: () => void
}

export function createQueryStore(connection: IdentityClients, withhold: Withholding['withhold'], ssrData?: SsrData): QueryStore {
  const entries = new Map<string, QueryEntry>()
  /** What nobody uses at the moment. One timer serves it all, since a page that is left lets go of many at once. */
  const lingering = new Set<QueryEntry>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let sweepsAt = Infinity
  /**
   * The person has changed in this tick. Arguments may be made of the former one: nothing is asked of the next with them before whoever uses them has
   * had the chance to change or leave them.
   */
  let isChanging = false

  /** Looks a query up by its key, or creates its entry. */
  function entryOf(query: QueryDescriptor): QueryEntry {
    return entries.get(query.key) ?? new QueryEntry(query, connection, withhold)
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
    // A timer that is set for longer fires at once.
    timer = setTimeout(sweep, Math.min(time - performance.now(), 2 ** 31 - 1))
  }

  function bindAll(isLeft: boolean, isOtherPerson: boolean): void {
    for (const entry of entries.values()) {
      if (isLeft && entry.users === 0)
        remove(entry)
      else
        entry.bind(isOtherPerson, isChanging)
    }
    connection.closeUnused()
  }

  return {
    fetchOnServer(query) {
      const fetched = ssrData?.fetch?.(query, userIdOf(connection.identityFor(query.auth)))
      if (!fetched)
        return null
      const entry = entryOf(query)
      entries.set(query.key, entry)
      waitInComponent(fetched.then(outcome => showFetched(entry, outcome)))
      return entry
    },
    acquire(query) {
      const entry = entryOf(query)
      const fetched = ssrData?.take?.(query, userIdOf(connection.identityFor(query.auth)))
      if (fetched) {
        waitInComponent()
        showFetched(entry, fetched)
      }
      if (!entries.has(query.key)) {
        entries.set(query.key, entry)
        entry.bind(false, false)
      }
      lingering.delete(entry)
      entry.users++
      return entry
    },
    release(entry, lingerMs) {
      if (--entry.users > 0 || entries.get(entry.query.key) !== entry)
        return
      const now = performance.now()
      // A short visit does not cut short what lingers for somebody else.
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
    rebind(isOtherPerson) {
      if (isOtherPerson)
        ssrData?.forgetUser?.()
      if (isOtherPerson && !isChanging) {
        isChanging = true
        // The first one may come before the flush that this change causes, the second comes after it.
        void nextTick(() => nextTick(() => batch(() => {
          isChanging = false
          bindAll(true, false)
        })))
      }
      bindAll(isOtherPerson, isOtherPerson)
    },
    close() {
      clearTimeout(timer)
      // Nothing lingers from now on.
      sweepsAt = -Infinity
      batch(() => entries.forEach(remove))
    },
  }
}

/** Shows what a server fetched, until there is a live result. */
function showFetched({ state }: QueryEntry, outcome: SsrOutcome): void {
  if (state.value.status === 'pending')
    state.value = outcome.status === 'success' ? { ...outcome, isStale: true, isPreloaded: true } : outcome
}

/**
 * Makes the server wait before it renders the current component. In a browser nothing waits, but the hook has to exist where
 * it existed on the server: `useId` of Vue counts the components that have one.
 *
 * @see https://github.com/vuejs/core/blob/main/packages/runtime-core/src/helpers/useId.ts
 */
function waitInComponent(fetched?: Promise<void>): void {
  if (getCurrentInstance())
    onServerPrefetch(() => fetched)
}

/** A user's id, `null` for anonymous, `undefined` while the query does not run. */
function userIdOf(identity: QueryIdentity): string | null | undefined {
  if (identity.kind === 'user')
    return identity.id
  return identity.kind === 'anonymous' ? null : undefined
}
