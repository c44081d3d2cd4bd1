import { defineConvexQuery, useAuthedQuery } from 'convue'
import { api } from '../convex/_generated/api'

// #region snippet
/** The number of sightings: one query that all components share. */
export const useTally = defineConvexQuery(() =>
  useAuthedQuery(api.sightings.tally, {}, {
    transform: ({ garden, wood, coast }) =>
      ({ garden, wood, coast, total: garden + wood + coast }),
  }))
// #endregion
