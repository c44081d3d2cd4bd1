import type { Connection } from './connection.ts'
import type { QueryEntry, QueryKey } from './query-entry.ts'
import { batch } from './batch.ts'
import { createQueryEntry } from './query-entry.ts'

/** All queries of one app, shared and counted: one entry per query, arguments and auth mode. */
export interface QueryStore {
  /** The shared entry of a query, subscribed. Every call needs a `release`. */
  acquire: (query: QueryKey) => QueryEntry
  /** Gives an entry back. The last one to leave takes it off the wire, after `lingerMs` milliseconds. */
  release: (entry: QueryEntry, lingerMs: number) => void
  /** Moves every entry to where it belongs now. What nobody uses does not outlive its person. */
  rebind: (isOtherPerson: boolean) => void
  close: () => void
}

export function createQueryStore(connection: Connection): QueryStore {
  const entries = new Map<string, QueryEntry>()

  function remove(entry: QueryEntry): void {
    entries.delete(entry.query.key)
    entry.cancelLinger()
    batch(() => entry.bind(undefined, false))
    connection.closeIdle()
  }

  return {
    acquire(query) {
      let entry = entries.get(query.key)
      if (!entry) {
        entries.set(query.key, entry = createQueryEntry(query))
        entry.bind(connection.clientFor(query.auth), false)
      }
      entry.cancelLinger()
      entry.users++
      return entry
    },
    release(entry, lingerMs) {
      if (--entry.users > 0 || entries.get(entry.query.key) !== entry)
        return
      // A short visit does not cut short what lingers for somebody else.
      const now = Date.now()
      entry.lingersUntil = Math.max(entry.lingersUntil, now + lingerMs)
      if (entry.lingersUntil > now) {
        const timer = setTimeout(remove, entry.lingersUntil - now, entry)
        entry.cancelLinger = () => clearTimeout(timer)
      }
      else {
        remove(entry)
      }
    },
    rebind(isOtherPerson) {
      for (const entry of entries.values()) {
        if (isOtherPerson && entry.users === 0)
          remove(entry)
        else
          entry.bind(connection.clientFor(entry.query.auth), isOtherPerson)
      }
      connection.closeIdle()
    },
    close: () => entries.forEach(remove),
  }
}
