import { vResultValidator } from '@convex-dev/workpool'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  runs: defineTable({ name: v.string(), isRunning: v.boolean() }).index('by_name', ['name']),
  results: defineTable({ name: v.string(), result: vResultValidator }),
})
