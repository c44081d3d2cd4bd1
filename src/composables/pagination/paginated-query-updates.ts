import type { OptimisticLocalStore } from 'convex/browser'
import type { PaginationOptions, PaginationResult } from 'convex/server'
import type { Value } from 'convex/values'
import type { PaginatedQueryArgs, PaginatedQueryItem, PaginatedQueryReference } from '../../shared/paginated-query.ts'
import { compareValues, convexToJson } from 'convex/values'

/** Which lists an insertion is for, and what is inserted. */
export interface InsertOptions<Q extends PaginatedQueryReference> {
  /** The store that an `optimisticUpdate` gets. */
  localQueryStore: OptimisticLocalStore
  paginatedQuery: Q
  /** Only lists with these arguments. @default lists with any arguments */
  argsToMatch?: Partial<PaginatedQueryArgs<Q>>
  /** The new row. */
  item: PaginatedQueryItem<Q>
}

export interface InsertAtPositionOptions<Q extends PaginatedQueryReference> extends InsertOptions<Q> {
  /** The order of the query. */
  sortOrder: 'asc' | 'desc'
  /** What the query sorts by: the fields of its index, the tie-breaker `_creationTime` included. */
  sortKeyFromItem: (item: PaginatedQueryItem<Q>) => Value | Value[]
}

/** Negative: one row comes before the other. */
type Compare = (one: any, other: any) => number

/** A page that is loaded. */
interface LoadedPage {
  args: { paginationOpts: PaginationOptions & { id?: number } }
  value: PaginationResult<any>
}

/**
 * Inserts a row at the top of every list of a paginated query, whatever its order. Lists without a first page stay as they are. For use inside
 * an `optimisticUpdate`.
 *
 * @example
 * const { mutate: send } = useConvexMutation(api.messages.send, {
 *   optimisticUpdate: (localQueryStore, { channel, body }) => insertAtTop({
 *     localQueryStore,
 *     paginatedQuery: api.messages.page,
 *     argsToMatch: { channel },
 *     item: { _id: crypto.randomUUID() as Id<'messages'>, _creationTime: Date.now(), channel, body, author: null },
 *   }),
 * })
 */
export function insertAtTop<Q extends PaginatedQueryReference>(options: InsertOptions<Q>): void {
  for (const page of pagesToMatch(options)) {
    if (page.args.paginationOpts.cursor === null)
      setRows(options, page, [options.item, ...page.value.page])
  }
}

/**
 * Inserts a row at the bottom of every list of a paginated query, whatever its order, if the list is loaded to its end: anywhere else the row
 * would be in the middle and vanish again. For use inside an `optimisticUpdate`.
 *
 * @example
 * const { mutate: add } = useConvexMutation(api.tasks.add, {
 *   optimisticUpdate: (localQueryStore, { text }) => insertAtBottomIfLoaded({
 *     localQueryStore,
 *     paginatedQuery: api.tasks.page,
 *     item: { _id: crypto.randomUUID() as Id<'tasks'>, _creationTime: Date.now(), owner: '', text, done: false },
 *   }),
 * })
 */
export function insertAtBottomIfLoaded<Q extends PaginatedQueryReference>(options: InsertOptions<Q>): void {
  for (const page of pagesToMatch(options)) {
    if (page.value.isDone)
      setRows(options, page, [...page.value.page, options.item])
  }
}

/**
 * Inserts a row where it belongs in every list of a paginated query: in front of the first row that does not come before it. A row that belongs
 * behind what is loaded is inserted only if the list is loaded to its end. For use inside an `optimisticUpdate`.
 *
 * @example
 * const { mutate: send } = useConvexMutation(api.messages.send, {
 *   optimisticUpdate: (localQueryStore, { channel, body, priority }) => insertAtPosition({
 *     localQueryStore,
 *     paginatedQuery: api.messages.pageByPriority,
 *     argsToMatch: { channel },
 *     sortOrder: 'desc',
 *     sortKeyFromItem: message => [message.priority, message._creationTime],
 *     item: { _id: crypto.randomUUID() as Id<'messages'>, _creationTime: Date.now(), channel, body, priority, author: null },
 *   }),
 * })
 */
export function insertAtPosition<Q extends PaginatedQueryReference>(options: InsertAtPositionOptions<Q>): void {
  const { item, sortOrder, sortKeyFromItem } = options
  const compare: Compare = (one, other) =>
    compareValues(sortKeyFromItem(one) as Value, sortKeyFromItem(other) as Value) * (sortOrder === 'asc' ? 1 : -1)

  for (const list of listsOf(pagesToMatch(options))) {
    for (const page of list) {
      if (isPlaceIn(page, list, item, compare)) {
        const rows = page.value.page
        const index = rows.findIndex(row => compare(row, item) >= 0)
        setRows(options, page, index < 0 ? [...rows, item] : [...rows.slice(0, index), item, ...rows.slice(index)])
      }
    }
  }
}

/**
 * Replaces rows of a paginated query by what `updateValue` makes of them. Rows that it returns as they are stay as they are. For use inside an
 * `optimisticUpdate`.
 *
 * @param localStore The store that the `optimisticUpdate` gets.
 * @param query The paginated query.
 * @param args Its arguments without `paginationOpts`: only lists with exactly these are updated.
 * @param updateValue Gives the new row for each row that is loaded.
 * @example
 * const { mutate: edit } = useConvexMutation(api.messages.edit, {
 *   optimisticUpdate: (localStore, { id, body }) => optimisticallyUpdateValueInPaginatedQuery(
 *     localStore,
 *     api.messages.page,
 *     { channel: 'general' },
 *     message => message._id === id ? { ...message, body } : message,
 *   ),
 * })
 */
export function optimisticallyUpdateValueInPaginatedQuery<Q extends PaginatedQueryReference>(
  localStore: OptimisticLocalStore,
  query: Q,
  args: PaginatedQueryArgs<Q>,
  updateValue: (currentValue: PaginatedQueryItem<Q>) => PaginatedQueryItem<Q>,
): void {
  changeRows(localStore, query, args, rows => rows.map(row => updateValue(row)))
}

/**
 * Removes rows from a paginated query. For use inside an `optimisticUpdate`.
 *
 * @param localStore The store that the `optimisticUpdate` gets.
 * @param query The paginated query.
 * @param args Its arguments without `paginationOpts`: only lists with exactly these lose rows.
 * @param shouldRemove Whether a row goes.
 * @example
 * const { mutate: remove } = useConvexMutation(api.messages.remove, {
 *   optimisticUpdate: (localStore, { id }) => optimisticallyRemoveValueFromPaginatedQuery(
 *     localStore,
 *     api.messages.page,
 *     { channel: 'general' },
 *     message => message._id === id,
 *   ),
 * })
 */
export function optimisticallyRemoveValueFromPaginatedQuery<Q extends PaginatedQueryReference>(
  localStore: OptimisticLocalStore,
  query: Q,
  args: PaginatedQueryArgs<Q>,
  shouldRemove: (currentValue: PaginatedQueryItem<Q>) => boolean,
): void {
  changeRows(localStore, query, args, rows => rows.filter(row => !shouldRemove(row)))
}

/**
 * Whether a new row's place is in a page. The gap between two pages belongs to the first of them. A page that is being split is there twice, whole
 * and in halves: only one of them is shown, and each has to be right by itself.
 */
function isPlaceIn(page: LoadedPage, list: LoadedPage[], item: unknown, compare: Compare): boolean {
  const { page: rows, isDone } = page.value
  const others = list.filter(other => other !== page && other.value.page.length > 0).map(other => other.value.page)
  const beginsBefore = rows.length > 0
    ? compare(rows[0], item) < 0
    // A page without rows can only be told to be behind all others, if it is the last.
    : others.every(other => compare(other.at(-1), item) < 0)
  if (!beginsBefore && page.args.paginationOpts.cursor !== null)
    return false
  if (isDone || (rows.length > 0 && compare(rows.at(-1), item) >= 0))
    return true
  // Up to where the next page begins. The half of this page that is its last row alone is none.
  const last = rows.at(-1)
  const following = others.filter(([first]) => rows.length === 0 || (compare(first, last) >= 0 && (first._id === undefined || first._id !== last._id)))
  return following.length > 0 && following.every(other => compare(other[0], item) >= 0)
}

/** The pages of each list that is mounted. */
function listsOf(pages: LoadedPage[]): Iterable<LoadedPage[]> {
  const lists = new Map<string, LoadedPage[]>()
  for (const page of pages) {
    const key = JSON.stringify([argsText(page), page.args.paginationOpts.id])
    lists.set(key, [...lists.get(key) ?? [], page])
  }
  return lists.values()
}

function pagesToMatch<Q extends PaginatedQueryReference>({ localQueryStore, paginatedQuery, argsToMatch = {} }: InsertOptions<Q>): LoadedPage[] {
  return loadedPages(localQueryStore, paginatedQuery).filter(({ args }) =>
    Object.entries(argsToMatch).every(([name, value]) => compareValues((args as Record<string, any>)[name], value as Value) === 0))
}

function loadedPages(store: OptimisticLocalStore, query: PaginatedQueryReference): LoadedPage[] {
  return store.getAllQueries(query).filter((page): page is LoadedPage => page.value !== undefined)
}

/** The arguments that the app gave, in an order that does not depend on it. */
function argsText({ args: { paginationOpts: _, ...args } }: Pick<LoadedPage, 'args'>): string {
  return JSON.stringify(convexToJson(args))
}

function changeRows(store: OptimisticLocalStore, query: PaginatedQueryReference, args: object, change: (rows: any[]) => any[]): void {
  const text = JSON.stringify(convexToJson(args as Value))
  for (const page of loadedPages(store, query)) {
    if (argsText(page) !== text)
      continue
    const former = page.value.page
    const rows = change(former)
    if (rows.length !== former.length || rows.some((row, index) => row !== former[index]))
      setRows({ localQueryStore: store, paginatedQuery: query }, page, rows)
  }
}

function setRows(
  { localQueryStore, paginatedQuery }: { localQueryStore: OptimisticLocalStore, paginatedQuery: PaginatedQueryReference },
  { args, value }: LoadedPage,
  rows: unknown[],
): void {
  localQueryStore.setQuery(paginatedQuery, args, { ...value, page: rows })
}
