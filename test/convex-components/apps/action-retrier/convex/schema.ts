import { runResultValidator } from '@convex-dev/action-retrier'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  tries: defineTable({ name: v.string(), at: v.number() }).index('by_name', ['name']),
  results: defineTable({ runId: v.string(), result: runResultValidator }).index('by_run', ['runId']),
})
