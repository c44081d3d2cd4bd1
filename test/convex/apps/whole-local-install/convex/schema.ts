import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { authTables } from '../../local-install/convex/authTables'

export default defineSchema({
  ...authTables,
  // The table of the plugin `convex()`.
  jwks: defineTable({
    publicKey: v.string(),
    privateKey: v.string(),
    createdAt: v.number(),
    expiresAt: v.optional(v.union(v.null(), v.number())),
  }).index('by_createdAt', ['createdAt']),
  notes: defineTable({ author: v.id('user'), text: v.string() }),
})
