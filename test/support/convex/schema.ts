import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  tasks: defineTable({ owner: v.string(), text: v.string(), done: v.boolean() }).index('by_owner', ['owner']),

  messages: defineTable({
    channel: v.string(),
    body: v.string(),
    author: v.union(v.string(), v.null()),
    priority: v.optional(v.number()),
  })
    .index('by_channel', ['channel'])
    .index('by_channel_priority', ['channel', 'priority'])
    .searchIndex('search_body', { searchField: 'body', filterFields: ['channel'] }),

  items: defineTable({ list: v.string(), rank: v.number(), text: v.string() }).index('by_list_rank', ['list', 'rank']),

  counters: defineTable({ name: v.string(), value: v.number() }).index('by_name', ['name']),

  /** Which user may read which notes. */
  readers: defineTable({ topic: v.string(), subject: v.string() }).index('by_topic', ['topic', 'subject']),

  files: defineTable({ name: v.string(), storageId: v.id('_storage'), owner: v.optional(v.string()) }).index('by_storage_id', ['storageId']),
})
