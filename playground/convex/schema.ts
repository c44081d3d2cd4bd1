import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { offlineKeysTable } from '../../src/convex/index'
import { place } from './places'

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

  sightings: defineTable({
    userId: v.string(),
    bird: v.string(),
    place,
  })
    .index('by_user', ['userId'])
    .index('by_user_and_place', ['userId', 'place']),

  songs: defineTable({
    userId: v.string(),
    title: v.string(),
    isLiked: v.boolean(),
    /** The position in the list of its owner, lowest first. */
    rank: v.number(),
  })
    .index('by_user_and_rank', ['userId', 'rank']),

  /** The conversation of a user with the birds. */
  messages: defineTable({
    userId: v.string(),
    author: v.string(),
    text: v.string(),
  })
    .index('by_user', ['userId']),

  notes: defineTable({
    userId: v.string(),
    text: v.string(),
  })
    .index('by_user', ['userId']),

  /** The stored calls of `notes:add` that have run. */
  offlineKeys: offlineKeysTable,

  pictures: defineTable({
    userId: v.string(),
    storageId: v.id('_storage'),
    name: v.string(),
  })
    .index('by_user', ['userId'])
    .index('by_storage_id', ['storageId']),

  /** The users who may no longer read the diary. */
  revocations: defineTable({
    userId: v.string(),
  })
    .index('by_user', ['userId']),
})
