import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { authTables as commonTables } from '../../local-install/convex/authTables'

export const authTables = {
  ...commonTables,
  // The table of the plugin `convex()`.
  jwks: defineTable({
    publicKey: v.string(),
    privateKey: v.string(),
    createdAt: v.number(),
    expiresAt: v.optional(v.union(v.null(), v.number())),
  }).index('by_createdAt', ['createdAt']),
}

export default defineSchema({
  ...authTables,
  // A table of the app, which the holder of the secret must not reach.
  notes: defineTable({ userId: v.optional(v.id('user')), text: v.string(), data: v.optional(v.any()) }).index('by_userId', ['userId']),
})
