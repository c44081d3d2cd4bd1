import { ConvexError, v } from 'convex/values'
import { internalMutation, internalQuery, query } from './_generated/server'
import { authedOfflineMutation, offlineAuthedMutation, offlineMutation, offlineTaggedMutation } from './functions'

/** The notes of the caller, in the order in which they were added. */
export const list = query({
  args: {},
  handler: async (ctx) => {
    const author = (await ctx.auth.getUserIdentity())?.subject ?? 'anonymous'
    return (await ctx.db.query('notes').collect()).filter(note => note.author === author).map(({ text }) => text)
  },
})

export const add = offlineMutation({
  args: { text: v.string() },
  returns: v.object({ id: v.id('notes'), size: v.int64(), missing: v.null() }),
  handler: async (ctx, args) => {
    const author = (await ctx.auth.getUserIdentity())?.subject ?? 'anonymous'
    const id = await ctx.db.insert('notes', { ...args, author })
    if (args.text.startsWith('!'))
      throw new ConvexError({ code: 'REFUSED' })
    return { id, size: BigInt(args.text.length), missing: null }
  },
})

export const addWithoutValidators = offlineMutation(async (ctx, args: { text: string }) => {
  await ctx.db.insert('notes', { text: JSON.stringify(args), author: 'a function' })
})

export const addWithObject = offlineMutation({
  args: v.object({ text: v.string() }),
  handler: async (ctx, args) => {
    await ctx.db.insert('notes', { text: JSON.stringify(args), author: 'v.object' })
  },
})

export const addAsUser = offlineAuthedMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert('notes', { text, author: ctx.user._id })
    return ctx.user.name
  },
})

export const addAsUserInside = authedOfflineMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert('notes', { text, author: ctx.user._id })
    return ctx.user.name
  },
})

export const addTagged = offlineTaggedMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert('notes', { text, author: ctx.tag })
  },
})

export const long = offlineMutation({
  args: { length: v.number() },
  handler: async (ctx, { length }) => {
    await ctx.db.insert('notes', { text: 'long', author: 'long' })
    return 'x'.repeat(length)
  },
})

export const addUser = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const user = await ctx.db.insert('user', { name })
    const session = await ctx.db.insert('session', { userId: user, token: name, expiresAt: Date.now() + 3_600_000 })
    return { user, session }
  },
})

export const all = internalQuery({
  args: {},
  handler: async ctx => (await ctx.db.query('notes').collect()).map(({ text, author }) => `${author}: ${text}`),
})

export const keys = internalQuery({
  args: { table: v.union(v.literal('offlineKeys'), v.literal('otherKeys')) },
  handler: async (ctx, { table }) => await ctx.db.query(table).collect(),
})
