/** Subscribes to one page of a list. The only file of pagination that uses the query store. */

import type { PaginationResult } from 'convex/server'
import type { Value } from 'convex/values'
import type { QueryDescriptor } from '../../shared/query-descriptor.ts'
import type { QueryEntry } from '../../store/query-entry.ts'
import type { QueryStore } from '../../store/query-store.ts'
import type { PageState } from './pagination-state.ts'
import { diagnose } from '../../errors/diagnose.ts'

export interface PageSubscription {
  /** The state of the page's query. Reactive. */
  state: () => PageState
  /** Unsubscribes the page, after `lingerMs` milliseconds. */
  release: (lingerMs: number) => void
}

/** @see docs/contributing/convex-client.md#results */
export function subscribeToPage(store: QueryStore, page: QueryDescriptor): PageSubscription {
  const entry = store.acquire(page)
  return { state: () => pageStateOf(entry), release: lingerMs => store.release(entry, lingerMs) }
}

/** On a server: fetches the page once. Returns `null` if the server does not fetch this query. */
export function fetchPageOnServer(store: QueryStore, page: QueryDescriptor): PageSubscription | null {
  const entry = store.fetchOnServer(page)
  return entry && { state: () => pageStateOf(entry), release() {} }
}

function pageStateOf({ query, state: { value: state } }: QueryEntry): PageState {
  if (state.status !== 'success' || isPage(state.value))
    return state as PageState
  return { status: 'error', error: diagnose('FUNCTION_KIND_MISMATCH', `${query.name} returns no page of a list.`) }
}

function isPage(value: Value): boolean {
  return Array.isArray((value as PaginationResult<Value> | null)?.page)
}
