import { vResultValidator } from '@convex-dev/workflow'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  orders: defineTable({ item: v.string(), events: v.array(v.string()), tries: v.number() }),
  results: defineTable({ workflowId: v.string(), note: v.string(), result: vResultValidator }).index('by_workflow', ['workflowId']),
})
