import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  messages: defineTable({ to: v.string(), secret: v.string() }).index('by_to', ['to']),
})
