import { defineConvexQuery, useAuthedQuery } from 'convue'
import { api } from '../convex/_generated/api'

// #region snippet
/** How many sightings there are: one query, whoever asks. */
export const useTally = defineConvexQuery(() =>
  useAuthedQuery(api.sightings.tally, {}, {
    transform: ({ garden, wood, coast }) =>
      ({ garden, wood, coast, total: garden + wood + coast }),
  }))
// #endregion
