import type { PaginationResult } from 'convex/server'
import type { Value } from 'convex/values'
import type { QueryKey } from '../plugin/query-key.ts'
import type { QueryStore } from '../plugin/query-store.ts'
import type { PageAnswer } from './pagination-state.ts'
import { diagnose } from '../diagnostics.ts'

/** One page on the wire: all that pagination knows of the query store. */
export interface PageSubscription {
  /** What the page was answered. Reactive. */
  answer: () => PageAnswer
  /** Takes it off the wire, after `lingerMs` milliseconds. */
  release: (lingerMs: number) => void
}

export function subscribeToPage(store: QueryStore, page: QueryKey): PageSubscription {
  const entry = store.acquire(page)
  return {
    answer: () => {
      const state = entry.state.value
      if (state.status !== 'success' || isPage(state.value))
        return state as PageAnswer
      return { status: 'error', error: diagnose('FUNCTION_KIND_MISMATCH', `${page.name} returns no page of a list.`) }
    },
    release: lingerMs => store.release(entry, lingerMs),
  }
}

function isPage(value: Value): boolean {
  return Array.isArray((value as PaginationResult<Value> | null)?.page)
}
