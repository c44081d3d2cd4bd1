import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { authTables } from './authTables'

export default defineSchema({
  ...authTables,
  tasks: defineTable({ owner: v.id('user'), text: v.string() }).index('by_owner', ['owner']),
})
