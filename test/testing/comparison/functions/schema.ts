import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  things: defineTable({
    /** Counts the documents of a program, so that the steps can name them. */
    serial: v.number(),
    a: v.optional(v.any()),
    b: v.object({ c: v.optional(v.any()) }),
    rank: v.number(),
  })
    .index('by_serial', ['serial'])
    .index('by_a', ['a'])
    .index('by_a_c', ['a', 'b.c'])
    .index('by_rank', ['rank']),
})
