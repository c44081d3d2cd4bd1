/** Finds the loaded pages of a paginated query in an optimistic update, and changes their rows. */

import type { OptimisticLocalStore } from 'convex/browser'
import type { PaginationOptions, PaginationResult } from 'convex/server'
import type { Value } from 'convex/values'
import type { PaginatedQueryReference } from '../../shared/paginated-query.ts'
import { compareValues, convexToJson } from 'convex/values'

/** Negative if the first row sorts before the second. */
export type Compare = (one: any, other: any) => number

/** A page that has a result. */
export interface LoadedPage {
  args: { paginationOpts: PaginationOptions & { id?: number } }
  value: PaginationResult<any>
}

/** A paginated query in the store of an optimistic update. */
interface PageSelection {
  localQueryStore: OptimisticLocalStore
  paginatedQuery: PaginatedQueryReference
  argsToMatch?: object
}

/**
 * Whether the sorted position of a new row is in a page. A position between two pages belongs to
 * the first of them. While a page is being split, the store contains the whole page and its two
 * halves. The list shows either the page or the halves, so the row must be inserted into both.
 */
export function belongsInPage(page: LoadedPage, list: LoadedPage[], item: unknown, compare: Compare): boolean {
  const { page: rows, isDone } = page.value
  const others = list.filter(other => other !== page && other.value.page.length > 0).map(other => other.value.page)
  const startsBefore = (): boolean => {
    if (rows.length > 0)
      return compare(rows[0], item) < 0
    // The position of a page without rows is unknown, except at the end of the list.
    return others.every(other => compare(other.at(-1), item) < 0)
  }
  if (page.args.paginationOpts.cursor !== null && !startsBefore())
    return false
  if (isDone || (rows.length > 0 && compare(rows.at(-1), item) >= 0))
    return true
  // The page extends to the start of the next page. If this page is being split, the half that
  // contains only its last row does not count as the next page.
  const last = rows.at(-1)
  const isNext = ([first]: any[]): boolean =>
    compare(first, last) >= 0 && (first._id === undefined || first._id !== last._id)
  const following = others.filter(other => rows.length === 0 || isNext(other))
  return following.length > 0 && following.every(other => compare(other[0], item) >= 0)
}

/** Groups pages by the list that they belong to. */
export function listsOf(pages: LoadedPage[]): Iterable<LoadedPage[]> {
  const lists = new Map<string, LoadedPage[]>()
  for (const page of pages) {
    const key = JSON.stringify([argsText(page), page.args.paginationOpts.id])
    lists.set(key, [...lists.get(key) ?? [], page])
  }
  return lists.values()
}

/** The loaded pages of the lists whose arguments contain `argsToMatch`. */
export function pagesToMatch(
  { localQueryStore, paginatedQuery, argsToMatch = {} }: PageSelection,
): LoadedPage[] {
  return loadedPages(localQueryStore, paginatedQuery).filter((page) => {
    const args = page.args as Record<string, any>
    return Object.entries(argsToMatch).every(([name, value]) => compareValues(args[name], value as Value) === 0)
  })
}

function loadedPages(store: OptimisticLocalStore, query: PaginatedQueryReference): LoadedPage[] {
  return store.getAllQueries(query).filter((page): page is LoadedPage => page.value !== undefined)
}

/** The app's arguments as text, which does not depend on the order of their fields. */
function argsText({ args: { paginationOpts: _, ...args } }: Pick<LoadedPage, 'args'>): string {
  return JSON.stringify(convexToJson(args))
}

/** Changes the rows of every loaded page of the lists with exactly these arguments. */
export function changeRows(
  store: OptimisticLocalStore,
  query: PaginatedQueryReference,
  args: object,
  change: (rows: any[]) => any[],
): void {
  const text = JSON.stringify(convexToJson(args as Value))
  for (const page of loadedPages(store, query)) {
    if (argsText(page) !== text)
      continue
    const previous = page.value.page
    const rows = change(previous)
    if (rows.length !== previous.length || rows.some((row, index) => row !== previous[index]))
      setRows({ localQueryStore: store, paginatedQuery: query }, page, rows)
  }
}

export function setRows(
  { localQueryStore, paginatedQuery }: PageSelection,
  { args, value }: LoadedPage,
  rows: unknown[],
): void {
  localQueryStore.setQuery(paginatedQuery, args, { ...value, page: rows })
}
