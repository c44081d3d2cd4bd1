import type { QueryCtx } from './_generated/server'
import { ConvexError, v } from 'convex/values'
import { mutation, query } from './_generated/server'

async function findReader(ctx: QueryCtx, topic: string, subject: string) {
  return await ctx.db.query('readers').withIndex('by_topic', q => q.eq('topic', topic).eq('subject', subject)).unique()
}

/**
 * The notes of a topic. Fails if the caller may not read them, so a live query fails when the permission is revoked.
 */
export const read = query({
  args: { topic: v.string() },
  returns: v.string(),
  handler: async (ctx, { topic }) => {
    const subject = (await ctx.auth.getUserIdentity())?.subject ?? 'anonymous'
    if (!await findReader(ctx, topic, subject))
      throw new ConvexError({ code: 'FORBIDDEN' })
    return `${topic} for ${subject}`
  },
})

export const grant = mutation({
  args: { topic: v.string(), subject: v.string() },
  handler: async (ctx, reader) => {
    await ctx.db.insert('readers', reader)
  },
})

export const revoke = mutation({
  args: { topic: v.string(), subject: v.string() },
  handler: async (ctx, { topic, subject }) => {
    const reader = await findReader(ctx, topic, subject)
    if (reader)
      await ctx.db.delete(reader._id)
  },
})
