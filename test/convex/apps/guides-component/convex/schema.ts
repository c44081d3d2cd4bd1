import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  posts: defineTable({ title: v.string(), authId: v.string() }).index('by_authId', ['authId']),
  mails: defineTable({ to: v.string() }),
})
