import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { offlineKeysTable } from '../../../../../src/convex/index'

export default defineSchema({
  user: defineTable({ name: v.string() }),
  session: defineTable({ userId: v.id('user'), token: v.string(), expiresAt: v.number() }).index('token', ['token']),
  notes: defineTable({ text: v.string(), author: v.string() }),
  offlineKeys: offlineKeysTable,
  otherKeys: offlineKeysTable,
})
