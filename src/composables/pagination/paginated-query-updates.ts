/** Functions that change the rows of paginated queries inside an `optimisticUpdate`. */

import type { OptimisticLocalStore } from 'convex/browser'
import type { Value } from 'convex/values'
import type { PaginatedQueryArgs, PaginatedQueryItem, PaginatedQueryReference } from '../../shared/paginated-query.ts'
import type { Compare } from './loaded-pages.ts'
import { compareValues } from 'convex/values'
import { belongsInPage, changeRows, listsOf, pagesToMatch, setRows } from './loaded-pages.ts'

/** The row to insert, and the lists to insert it into. */
export interface InsertOptions<Q extends PaginatedQueryReference> {
  /** The first parameter of the `optimisticUpdate`. */
  localQueryStore: OptimisticLocalStore
  /** The paginated query of the lists. */
  paginatedQuery: Q
  /** Only lists whose arguments contain these values change. @default {}: all lists of the query */
  argsToMatch?: Partial<PaginatedQueryArgs<Q>>
  /** The new row. */
  item: PaginatedQueryItem<Q>
}

export interface InsertAtPositionOptions<Q extends PaginatedQueryReference> extends InsertOptions<Q> {
  /** The order of the query. */
  sortOrder: 'asc' | 'desc'
  /**
   * Returns the sort key of a row: the fields of the query's index, with `_creationTime` at the
   * end.
   */
  sortKeyFromItem: (item: PaginatedQueryItem<Q>) => Value | Value[]
}

/**
 * Inserts a row at the top of every list of a paginated query, in ascending and descending lists
 * alike. Lists whose first page has no result do not change. For use inside an `optimisticUpdate`.
 *
 * @param options The row, and the lists to insert it into.
 * @example
 * const { mutate: send } = useConvexMutation(api.messages.send, {
 *   optimisticUpdate: (localQueryStore, { channel, body }) => insertAtTop({
 *     localQueryStore,
 *     paginatedQuery: api.messages.page,
 *     argsToMatch: { channel },
 *     item: {
 *       _id: crypto.randomUUID() as Id<'messages'>,
 *       _creationTime: Date.now(),
 *       channel,
 *       body,
 *       author: null,
 *     },
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
 * Inserts a row at the bottom of every list of a paginated query that is loaded to its end. Other
 * lists do not change: in them, the row would appear in the middle, and disappear when the mutation
 * has run. For use inside an `optimisticUpdate`.
 *
 * @param options The row, and the lists to insert it into.
 * @example
 * const { mutate: add } = useConvexMutation(api.tasks.add, {
 *   optimisticUpdate: (localQueryStore, { text }) => insertAtBottomIfLoaded({
 *     localQueryStore,
 *     paginatedQuery: api.tasks.page,
 *     item: {
 *       _id: crypto.randomUUID() as Id<'tasks'>,
 *       _creationTime: Date.now(),
 *       owner: '',
 *       text,
 *       done: false,
 *     },
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
 * Inserts a row at its sorted position in every list of a paginated query. Among rows with the same
 * sort key, it becomes the first. A row that sorts after all loaded rows is inserted only if the
 * list is loaded to its end. For use inside an `optimisticUpdate`.
 *
 * @param options The row, the lists to insert it into, and their order.
 * @example
 * const { mutate: send } = useConvexMutation(api.messages.send, {
 *   optimisticUpdate: (localQueryStore, { channel, body, priority }) => insertAtPosition({
 *     localQueryStore,
 *     paginatedQuery: api.messages.pageByPriority,
 *     argsToMatch: { channel },
 *     sortOrder: 'desc',
 *     sortKeyFromItem: message => [message.priority, message._creationTime],
 *     item: {
 *       _id: crypto.randomUUID() as Id<'messages'>,
 *       _creationTime: Date.now(),
 *       channel,
 *       body,
 *       priority,
 *       author: null,
 *     },
 *   }),
 * })
 */
export function insertAtPosition<Q extends PaginatedQueryReference>(options: InsertAtPositionOptions<Q>): void {
  const { item, sortOrder, sortKeyFromItem } = options
  const direction = sortOrder === 'asc' ? 1 : -1
  const compare: Compare = (one, other) =>
    compareValues(sortKeyFromItem(one) as Value, sortKeyFromItem(other) as Value) * direction

  for (const list of listsOf(pagesToMatch(options))) {
    for (const page of list) {
      if (belongsInPage(page, list, item, compare)) {
        const rows = page.value.page
        const index = rows.findIndex(row => compare(row, item) >= 0)
        const position = index < 0 ? rows.length : index
        setRows(options, page, [...rows.slice(0, position), item, ...rows.slice(position)])
      }
    }
  }
}

/**
 * Replaces each loaded row of a paginated query with the return value of `updateValue`. If
 * `updateValue` returns the row itself, the row does not change. For use inside an
 * `optimisticUpdate`.
 *
 * @param localStore The first parameter of the `optimisticUpdate`.
 * @param query The paginated query.
 * @param args Its arguments without `paginationOpts`: only lists with exactly these arguments
 * change.
 * @param updateValue Returns the new row for a loaded row.
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
 * @param localStore The first parameter of the `optimisticUpdate`.
 * @param query The paginated query.
 * @param args Its arguments without `paginationOpts`: only lists with exactly these arguments
 * change.
 * @param shouldRemove Returns whether to remove a loaded row.
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
