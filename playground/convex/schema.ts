import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  tasks: defineTable({
    /** The `subject` of its owner's identity: the id of the Better Auth user. */
    userId: v.string(),
    text: v.string(),
    done: v.boolean(),
  })
    .index('by_user', ['userId'])
    .index('by_user_and_done', ['userId', 'done']),

  posts: defineTable({
    userId: v.string(),
    /** The author's name at the time of posting. */
    author: v.string(),
    text: v.string(),
  }),
})
