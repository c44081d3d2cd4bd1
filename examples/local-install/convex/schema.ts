import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { authTables } from './authTables'

export default defineSchema({
  ...authTables,
  profiles: defineTable({ userId: v.id('user'), nickname: v.string() }).index('by_user', ['userId']),
  notes: defineTable({ organizationId: v.id('organization'), author: v.string(), text: v.string() })
    .index('by_organization', ['organizationId']),
})
