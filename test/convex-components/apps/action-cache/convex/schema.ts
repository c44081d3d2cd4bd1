import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  computed: defineTable({ text: v.string() }),
})
