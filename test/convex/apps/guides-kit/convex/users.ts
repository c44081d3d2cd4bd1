import { v } from 'convex/values'
import { hasRole } from '../../../../../src/convex/index'
import { action, internalMutation, internalQuery, query } from './_generated/server'
import { authedQuery, getAuth, safeGetAuthUserId, safeGetAuthUserIdentity, safeGetSession } from './auth'

export const helpers = query({
  args: {},
  handler: async (ctx) => {
    const identity = await safeGetAuthUserIdentity(ctx)
    const session = await safeGetSession(ctx)
    return { userId: await safeGetAuthUserId(ctx), sessionId: identity?.sessionId ?? null, session: session?._id ?? null }
  },
})

const passwords = { currentPassword: v.string(), newPassword: v.string() }

/** `auth.api` in a query reads the tables directly. */
export const sessionInQuery = query({
  args: {},
  handler: async (ctx) => {
    const { auth, headers } = await getAuth(ctx)
    return (await auth.api.getSession({ headers }))?.user.email ?? null
  },
})

/** In an action, `auth.api` reads and writes the tables with the internal functions. */
export const changePasswordInAction = action({
  args: passwords,
  handler: async (ctx, body) => {
    const { auth, headers } = await getAuth(ctx)
    await auth.api.changePassword({ headers, body })
  },
})

export const listForAdmins = authedQuery.allow(hasRole('admin'))({
  args: {},
  handler: async ctx => (await ctx.db.query('user').collect()).map(({ email }) => email),
})

export const sendMail = internalMutation({
  args: { to: v.string() },
  handler: async (ctx, mail): Promise<void> => {
    await ctx.db.insert('mails', mail)
  },
})

export const stored = internalQuery({
  args: {},
  handler: async ctx => ({
    users: await ctx.db.query('user').collect(),
    profiles: await ctx.db.query('profiles').collect(),
    mails: (await ctx.db.query('mails').collect()).map(({ to }) => to),
  }),
})
