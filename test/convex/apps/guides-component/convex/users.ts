import { v } from 'convex/values'
import { wrapAuthApi } from '../../../../../src/convex/index'
import { internalMutation, internalQuery, mutation, query } from './_generated/server'
import { authComponent, createAuth } from './auth'

const passwords = { currentPassword: v.string(), newPassword: v.string() }

export const updateUserPassword = mutation({
  args: passwords,
  handler: async (ctx, body) => {
    const { auth, headers } = await authComponent.getAuth(createAuth, ctx)
    await auth.api.changePassword({ body, headers })
  },
})

/** The same mutation, whose errors reach the page. */
export const updateUserPasswordReadably = mutation({
  args: passwords,
  handler: async (ctx, body) => {
    const { auth, headers } = await authComponent.getAuth(createAuth, ctx)
    await wrapAuthApi(auth).changePassword({ body, headers })
  },
})

/** Uses the other helpers of the component's client. */
export const viewer = query({
  args: {},
  handler: async (ctx) => {
    const user = await authComponent.safeGetAuthUser(ctx)
    const identity = await ctx.auth.getUserIdentity()
    const { session } = await createAuth(ctx).api.getSession({ headers: await authComponent.getHeaders(ctx) }) ?? {}
    return user && {
      email: identity?.email,
      name: (await authComponent.getAnyUserById(ctx, user._id))?.name,
      hasSession: session?.userId === user._id,
    }
  },
})

export const posts = internalQuery({
  args: { authId: v.string() },
  handler: async (ctx, { authId }) => await ctx.db.query('posts').withIndex('by_authId', q => q.eq('authId', authId)).collect(),
})

export const sendMail = internalMutation({
  args: { to: v.string() },
  handler: async (ctx, mail) => {
    await ctx.db.insert('mails', mail)
  },
})

export const mails = internalQuery({
  args: {},
  handler: async ctx => (await ctx.db.query('mails').collect()).map(({ to }) => to),
})
