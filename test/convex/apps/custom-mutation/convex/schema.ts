import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { authTables } from '../../local-install/convex/authTables'

export default defineSchema({
  ...authTables,
  changes: defineTable({ table: v.string(), operation: v.string() }),
})
