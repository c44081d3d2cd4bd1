import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  notes: defineTable({ author: v.string(), text: v.string(), organization: v.optional(v.string()) }),
  /** How many notes exist, which a trigger of `convex-helpers` counts. */
  counts: defineTable({ notes: v.number() }),
})
