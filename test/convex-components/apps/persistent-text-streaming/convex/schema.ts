import { StreamIdValidator } from '@convex-dev/persistent-text-streaming'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  /** `words` is the number of words that the test allows the answer to have so far. */
  chats: defineTable({ prompt: v.string(), streamId: StreamIdValidator, words: v.number() }).index('by_stream', ['streamId']),
})
