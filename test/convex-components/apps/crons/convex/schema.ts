import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  runs: defineTable({ name: v.string(), at: v.number() }),
})
