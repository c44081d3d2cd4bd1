import { authTables } from '@convex-dev/auth/server'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  ...authTables,
  /** The codes that the app has sent. */
  emails: defineTable({ to: v.string(), code: v.string() }).index('by_to', ['to']),
})
