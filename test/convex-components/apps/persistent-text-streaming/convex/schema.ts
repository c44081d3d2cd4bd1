import { StreamIdValidator } from '@convex-dev/persistent-text-streaming'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'

export default defineSchema({
  /** `words`: how many words the answer may have so far. */
  chats: defineTable({ prompt: v.string(), streamId: StreamIdValidator, words: v.number() }).index('by_stream', ['streamId']),
})
