import { ActionCache } from '@convex-dev/action-cache'
import { v } from 'convex/values'
import { components, internal } from './_generated/api'
import { action, internalAction, internalMutation, internalQuery, mutation } from './_generated/server'

const HOUR = 3_600_000

const cache = new ActionCache(components.actionCache, {
  action: internal.embeddings.embed,
  name: 'embeddings-v1',
  ttl: 24 * HOUR,
})

export const note = internalMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert('computed', { text })
  },
})

/** Takes a long time, like a call of an embedding model. */
export const embed = internalAction({
  args: { text: v.string() },
  handler: async (ctx, { text }): Promise<number[]> => {
    await ctx.runMutation(internal.embeddings.note, { text })
    if (text === '')
      throw new Error('There is no text')
    return [...text].map(letter => letter.codePointAt(0)!)
  },
})

export const get = action({
  args: { text: v.string(), ttl: v.optional(v.number()), force: v.optional(v.boolean()) },
  handler: async (ctx, { text, ...options }): Promise<number[]> => await cache.fetch(ctx, { text }, options),
})

export const remove = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }): Promise<null> => await cache.remove(ctx, { text }),
})

export const removeAll = mutation({
  args: {},
  handler: async (ctx): Promise<null> => await cache.removeAllForName(ctx),
})

export const computed = internalQuery({
  args: { text: v.string() },
  handler: async (ctx, { text }) => (await ctx.db.query('computed').collect()).filter(row => row.text === text).length,
})
