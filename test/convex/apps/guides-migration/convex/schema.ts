import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { authTables } from '../../local-install/convex/authTables'
import wholeSchema from '../../whole-local-install/convex/schema'

export default defineSchema({
  ...authTables,
  jwks: wholeSchema.tables.jwks,
  notes: defineTable({ author: v.string(), text: v.string() }).index('by_author', ['author']),
})
