import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  rows: defineTable({ n: v.number(), bucket: v.string(), author: v.string(), text: v.string() })
    .index('by_n', ['n'])
    .index('by_bucket', ['bucket']),
})
