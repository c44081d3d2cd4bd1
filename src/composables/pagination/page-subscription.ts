import type { PaginationResult } from 'convex/server'
import type { Value } from 'convex/values'
import type { QueryDescriptor } from '../../shared/query-descriptor.ts'
import type { QueryEntry } from '../../store/query-entry.ts'
import type { QueryStore } from '../../store/query-store.ts'
import type { PageAnswer } from './pagination-state.ts'
import { diagnose } from '../../errors/catalogue.ts'

/** One page on the wire: all that pagination knows of the query store. */
export interface PageSubscription {
  /** What the page was answered. Reactive. */
  answer: () => PageAnswer
  /** Takes it off the wire, after `lingerMs` milliseconds. */
  release: (lingerMs: number) => void
}

export function subscribeToPage(store: QueryStore, page: QueryDescriptor): PageSubscription {
  const entry = store.acquire(page)
  return { answer: () => answerOf(entry), release: lingerMs => store.release(entry, lingerMs) }
}

/** The same on a server, where a page is asked once; `null` if it is not. */
export function askForPage(store: QueryStore, page: QueryDescriptor): PageSubscription | null {
  const entry = store.fetchOnServer(page)
  return entry && { answer: () => answerOf(entry), release() {} }
}

function answerOf({ query, state: { value: state } }: QueryEntry): PageAnswer {
  return state.status !== 'success' || isPage(state.value)
    ? state as PageAnswer
    : { status: 'error', error: diagnose('FUNCTION_KIND_MISMATCH', `${query.name} returns no page of a list.`) }
}

function isPage(value: Value): boolean {
  return Array.isArray((value as PaginationResult<Value> | null)?.page)
}
