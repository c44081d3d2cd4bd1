/** The table with the keys of the offline mutations that have run. */
import { defineTable } from 'convex/server'
import { v } from 'convex/values'

/**
 * The table of `defineOfflineMutation`, for the schema of an app: one row for each offline mutation
 * that has run. A row is removed some time after it has expired.
 *
 * @example
 * export default defineSchema({ offlineKeys: offlineKeysTable, notes: defineTable({ … }) })
 */
export const offlineKeysTable = /* @__PURE__ */ defineTable({
  key: v.string(),
  /** The `tokenIdentifier` of the user who made the call. */
  user: v.string(),
  /** The result of the mutation, as JSON text. */
  result: v.string(),
  /** In milliseconds since 1970. */
  expiresAt: v.number(),
})
  .index('by_key', ['key'])
  .index('by_expiry', ['expiresAt'])
