import { paginationOptsValidator } from 'convex/server'
import { v } from 'convex/values'
import { mutation, query } from './_generated/server'

/** The messages of all users in a channel, oldest first. */
export const list = query({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) =>
    await ctx.db.query('messages').withIndex('by_channel', q => q.eq('channel', channel)).collect(),
})

/** The messages of a channel with at least this priority. Reads a range of an index. */
export const urgent = query({
  args: { channel: v.string(), from: v.number() },
  handler: async (ctx, { channel, from }) =>
    await ctx.db
      .query('messages')
      .withIndex('by_channel_priority', q => q.eq('channel', channel).gte('priority', from))
      .collect(),
})

/** One page of the messages of a channel, newest first. */
export const page = query({
  args: { channel: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { channel, paginationOpts }) =>
    await ctx.db
      .query('messages')
      .withIndex('by_channel', q => q.eq('channel', channel))
      .order('desc')
      .paginate(paginationOpts),
})

export const search = query({
  args: { channel: v.string(), text: v.string() },
  handler: async (ctx, { channel, text }) =>
    await ctx.db
      .query('messages')
      .withSearchIndex('search_body', q => q.search('body', text).eq('channel', channel))
      .collect(),
})

export const searchPage = query({
  args: { channel: v.string(), text: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { channel, text, paginationOpts }) =>
    await ctx.db
      .query('messages')
      .withSearchIndex('search_body', q => q.search('body', text).eq('channel', channel))
      .paginate(paginationOpts),
})

export const get = query({ args: { id: v.id('messages') }, handler: async (ctx, { id }) => await ctx.db.get(id) })

/**
 * Sends a message as any caller. The author is the subject of the caller, or `null` for an
 * anonymous caller.
 */
export const send = mutation({
  args: { channel: v.string(), body: v.string(), priority: v.optional(v.number()) },
  returns: v.id('messages'),
  handler: async (ctx, { channel, body, priority }) => {
    const identity = await ctx.auth.getUserIdentity()
    return await ctx.db.insert('messages', { channel, body, author: identity?.subject ?? null, priority })
  },
})

export const edit = mutation({
  args: { id: v.id('messages'), body: v.string() },
  handler: async (ctx, { id, body }) => {
    await ctx.db.patch(id, { body })
  },
})

export const remove = mutation({
  args: { id: v.id('messages') },
  handler: async (ctx, { id }) => {
    await ctx.db.delete(id)
  },
})
