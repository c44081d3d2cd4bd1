import { paginationOptsValidator, paginationResultValidator } from 'convex/server'
import { v } from 'convex/values'
import { mutation, query } from './_generated/server'
import { birds } from './guide'
import { requireIdentity } from './identity'
import { requireText } from './text'

/** The number of messages that `begin` writes: four pages of twenty. */
const FIRST_MESSAGES = 80
const MAX_LENGTH = 280

// #region snippet
/** One page of the caller's conversation, latest first. */
export const page = query({
  args: { paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(v.object({
    _id: v.id('messages'),
    _creationTime: v.number(),
    userId: v.string(),
    author: v.string(),
    text: v.string(),
  })),
  handler: async (ctx, { paginationOpts }) => {
    const { subject } = await requireIdentity(ctx)
    return await ctx.db
      .query('messages')
      .withIndex('by_user', q => q.eq('userId', subject))
      .order('desc')
      .paginate(paginationOpts)
  },
})
// #endregion

export const send = mutation({
  args: { text: v.string() },
  returns: v.id('messages'),
  handler: async (ctx, { text }) => {
    const { subject: userId } = await requireIdentity(ctx)
    return await ctx.db.insert('messages', { userId, author: 'You', text: requireText(text, MAX_LENGTH) })
  },
})

/** Writes a message that the caller has not written. */
export const answer = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const { subject: userId } = await requireIdentity(ctx)
    const { name, length } = birds[Math.floor(Math.random() * birds.length)]!
    await ctx.db.insert('messages', { userId, author: name, text: `I am ${length} centimetres long.` })
    return null
  },
})

/** Writes the first messages of the caller's conversation, if it is empty. */
export const begin = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const { subject: userId } = await requireIdentity(ctx)
    if (await ctx.db.query('messages').withIndex('by_user', q => q.eq('userId', userId)).first())
      return null
    for (let n = 1; n <= FIRST_MESSAGES; n++)
      await ctx.db.insert('messages', { userId, author: birds[n * 7 % birds.length]!.name, text: `This is message ${n}.` })
    return null
  },
})
