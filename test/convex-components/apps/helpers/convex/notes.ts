import { v } from 'convex/values'
import { internalQuery, query } from './_generated/server'
import { mutation, userAction, userMutation, userQuery } from './functions'

export const signUp = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => await ctx.db.insert('users', { name, apiKey: `key of ${name}` }),
})

/** Deletes the user. A trigger then deletes the notes of the user. */
export const leave = mutation({
  args: { user: v.id('users') },
  handler: async (ctx, { user }) => await ctx.db.delete(user),
})

export const add = userMutation({
  args: { text: v.string(), isPublic: v.optional(v.boolean()), owner: v.optional(v.id('users')) },
  handler: async (ctx, { text, isPublic = false, owner = ctx.user._id }) => await ctx.db.insert('notes', { text, isPublic, owner }),
})

export const edit = userMutation({
  args: { note: v.id('notes'), text: v.union(v.string(), v.null()) },
  handler: async (ctx, { note, text }) => {
    if (text === null)
      return await ctx.db.delete(note)
    await ctx.db.patch(note, { text })
  },
})

export const list = userQuery({
  args: {},
  handler: async ctx => (await ctx.db.query('notes').collect()).map(({ text }) => text),
})

export const get = userQuery({
  args: { note: v.id('notes') },
  handler: async (ctx, { note }) => (await ctx.db.get(note))?.text ?? null,
})

export const count = query({
  args: { user: v.id('users') },
  handler: async (ctx, { user }) => (await ctx.db.query('counts').withIndex('by_owner', q => q.eq('owner', user)).unique())?.notes ?? 0,
})

export const nameOf = internalQuery({
  args: { apiKey: v.string() },
  handler: async (ctx, { apiKey }) => (await ctx.db.query('users').withIndex('by_key', q => q.eq('apiKey', apiKey)).unique())?.name ?? '',
})

export const greet = userAction({
  role: 'reader',
  args: { punctuation: v.string() },
  handler: async ({ name }, { greeting, punctuation }) => `${greeting}${punctuation} (${name})`,
})

export const govern = userAction({
  role: 'admin',
  args: {},
  handler: async ({ name }) => name,
})
