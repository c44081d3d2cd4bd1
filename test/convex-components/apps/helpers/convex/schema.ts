import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  users: defineTable({ name: v.string(), apiKey: v.string() }).index('by_key', ['apiKey']),
  notes: defineTable({ owner: v.id('users'), text: v.string(), isPublic: v.boolean() }).index('by_owner', ['owner']),
  /** The number of notes of each user, which a trigger updates. */
  counts: defineTable({ owner: v.id('users'), notes: v.number() }).index('by_owner', ['owner']),
  messages: defineTable({ channel: v.string(), author: v.string(), sentAt: v.number(), text: v.string() })
    .index('by_channel', ['channel', 'sentAt'])
    .index('by_author', ['author', 'channel', 'sentAt']),
  /** The channels that a user reads. */
  memberships: defineTable({ user: v.string(), channel: v.string() }).index('by_user', ['user', 'channel']),
})
