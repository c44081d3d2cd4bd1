import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  /** The newest snapshot of each document, for lists. */
  titles: defineTable({ document: v.string(), content: v.string(), version: v.number() }).index('by_document', ['document']),
})
