import { v } from 'convex/values'
import { action, mutation, query } from './_generated/server'
import { authedAction, authedMutation, authedQuery, getAuth, getAuthUser } from './auth'

export const whoami = query({ args: {}, handler: async ctx => await ctx.auth.getUserIdentity() })

export const current = authedQuery({ args: {}, handler: async ({ user }) => user.email })

export const currentInAction = authedAction({ args: {}, handler: async ({ user }) => user.email })

export const currentOfContext = action({ args: {}, handler: async ctx => (await getAuthUser(ctx)).email })

export const sessionOfBetterAuth = query({
  args: {},
  handler: async (ctx) => {
    const { auth, headers } = await getAuth(ctx)
    return (await auth.api.getSession({ headers }))?.user.email ?? null
  },
})

export const addNote = authedMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => await ctx.db.insert('notes', { author: ctx.user._id, text }),
})

export const notes = authedQuery({
  args: {},
  handler: async ctx => (await ctx.db.query('notes').collect()).map(({ text, author }) => ({ text, isOwn: author === ctx.user._id })),
})

const passwords = { currentPassword: v.string(), newPassword: v.string() }

export const changePassword = mutation({
  args: passwords,
  handler: async (ctx, body) => {
    const { auth, headers } = await getAuth(ctx)
    await auth.api.changePassword({ headers, body })
  },
})

export const changePasswordInAction = action({
  args: passwords,
  handler: async (ctx, body) => {
    const { auth, headers } = await getAuth(ctx)
    await auth.api.changePassword({ headers, body })
  },
})
