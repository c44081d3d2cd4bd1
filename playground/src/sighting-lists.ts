import type { OptimisticLocalStore } from 'convex/browser'
import type { FunctionArgs } from 'convex/server'
import type { Doc, Id } from '../convex/_generated/dataModel'
import {
  insertAtTop,
  optimisticallyRemoveValueFromPaginatedQuery,
} from 'convue'
import { api } from '../convex/_generated/api'
import { places } from '../convex/places'

const paginatedQuery = api.sightings.page

const OPTIMISTIC = 'optimistic:'

export const filters = ['all', ...places] as const

/** Whether a row comes from an optimistic update. */
export function isOptimistic({ _id }: Doc<'sightings'>): boolean {
  return _id.startsWith(OPTIMISTIC)
}

// #region snippet
/**
 * Shows a sighting at the top of all lists that will contain it. An optimistic update may run more
 * than once.
 */
export function addToLists(
  localQueryStore: OptimisticLocalStore,
  { bird, place }: FunctionArgs<typeof api.sightings.add>,
): void {
  const item = {
    _id: `${OPTIMISTIC}${crypto.randomUUID()}` as Id<'sightings'>,
    _creationTime: Date.now(),
    userId: '',
    bird,
    place,
  }
  for (const filter of ['all', place] as const) {
    insertAtTop({
      localQueryStore,
      paginatedQuery,
      argsToMatch: { place: filter },
      item,
    })
  }
}

export function removeFromLists(
  store: OptimisticLocalStore,
  { id }: FunctionArgs<typeof api.sightings.remove>,
): void {
  for (const filter of filters) {
    optimisticallyRemoveValueFromPaginatedQuery(
      store,
      paginatedQuery,
      { place: filter },
      ({ _id }) => _id === id,
    )
  }
}
// #endregion
