import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  books: defineTable({
    number: v.number(),
    title: v.string(),
    shelf: v.optional(v.string()),
    length: v.optional(v.number()),
  }).index('by_number', ['number']),
  /** The number of a book that cannot be migrated yet. */
  blocked: defineTable({ number: v.number() }),
})
