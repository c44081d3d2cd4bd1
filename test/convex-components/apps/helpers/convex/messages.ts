import { mergedStream, stream } from 'convex-helpers/server/stream'
import { paginationOptsValidator } from 'convex/server'
import { v } from 'convex/values'
import { mutation, query } from './_generated/server'
import schema from './schema'

export const fill = mutation({
  args: { channels: v.array(v.string()), count: v.number() },
  handler: async (ctx, { channels, count }) => {
    for (let sentAt = 0; sentAt < count; sentAt++) {
      const channel = channels[sentAt % channels.length]!
      await ctx.db.insert('messages', { channel, sentAt, author: `author ${sentAt % 4}`, text: `${channel} ${sentAt}` })
    }
    for (const channel of channels)
      await ctx.db.insert('memberships', { user: 'ada', channel })
  },
})

/** The messages of several channels, newest first. */
export const merged = query({
  args: { channels: v.array(v.string()), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { channels, paginationOpts }) => {
    const streams = channels.map(channel => stream(ctx.db, schema).query('messages').withIndex('by_channel', q => q.eq('channel', channel)).order('desc'))
    return await mergedStream(streams, ['sentAt']).paginate(paginationOpts)
  },
})

/**
 * The texts of all messages with an even `sentAt`, from all channels of a user: a join with a
 * filter.
 */
export const joined = query({
  args: { user: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { user, paginationOpts }) => await stream(ctx.db, schema)
    .query('memberships')
    .withIndex('by_user', q => q.eq('user', user))
    .flatMap(
      async ({ channel }) => stream(ctx.db, schema).query('messages').withIndex('by_channel', q => q.eq('channel', channel)).filterWith(async ({ sentAt }) => sentAt % 2 === 0),
      ['channel', 'sentAt'],
    )
    .map(async ({ text }) => ({ text }))
    .paginate(paginationOpts),
})

/** The channels in which an author has written. */
export const channelsOf = query({
  args: { author: v.string() },
  handler: async (ctx, { author }) => (await stream(ctx.db, schema)
    .query('messages')
    .withIndex('by_author', q => q.eq('author', author))
    .distinct(['channel'])
    .collect()).map(({ channel }) => channel),
})
