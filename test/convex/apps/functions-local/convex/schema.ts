import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  user: defineTable({
    name: v.string(),
    email: v.string(),
    emailVerified: v.boolean(),
    role: v.optional(v.string()),
    plan: v.union(v.literal('free'), v.literal('paid')),
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index('email', ['email']),
  session: defineTable({
    userId: v.id('user'),
    token: v.string(),
    expiresAt: v.number(),
    activeOrganizationId: v.optional(v.string()),
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index('token', ['token']),
  member: defineTable({ organizationId: v.string(), userId: v.id('user'), role: v.string() })
    .index('organizationId_userId', ['organizationId', 'userId']),
  notes: defineTable({ author: v.id('user'), text: v.string() }).index('by_author', ['author']),
  /** How many notes a user has, which a trigger of `convex-helpers` counts. */
  counts: defineTable({ author: v.id('user'), notes: v.number() }).index('by_author', ['author']),
})
