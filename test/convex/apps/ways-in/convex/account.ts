import { v } from 'convex/values'
import { internalMutation, internalQuery } from './_generated/server'
import { authedQuery } from './auth'

export const current = authedQuery({ args: {}, handler: async ({ user }) => user.name })

export const sendMail = internalMutation({
  args: { to: v.string(), link: v.string() },
  handler: async (ctx, mail) => {
    await ctx.db.insert('mails', mail)
  },
})

/** The link in the latest mail to an address. */
export const linkFor = internalQuery({
  args: { to: v.string() },
  handler: async (ctx, { to }) => (await ctx.db.query('mails').withIndex('by_to', q => q.eq('to', to)).order('desc').first())?.link ?? null,
})

export const makeAdmin = internalMutation({
  args: { id: v.id('user') },
  handler: async (ctx, { id }) => {
    await ctx.db.patch(id, { role: 'admin' })
  },
})
