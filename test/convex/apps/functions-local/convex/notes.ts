import { v } from 'convex/values'
import { hasRole } from '../../../../../src/convex/index'
import { action, query } from './_generated/server'
import {
  authedAction,
  authedMutation,
  authedQuery,
  customAuthedAction,
  customAuthedQuery,
  customOptionalQuery,
  customPlanMutation,
  getAuthUser,
  getAuthUserId,
  getAuthUserWithoutFunctions,
  getSession,
  isMember,
  loggedQuery,
} from './functions'

export const me = query({
  args: {},
  handler: async ctx => ({ user: await getAuthUser(ctx), session: await getSession(ctx), id: await getAuthUserId(ctx) }),
})

export const meInAction = action({
  args: {},
  handler: async ctx => ({ user: await getAuthUser(ctx), session: await getSession(ctx), id: await getAuthUserId(ctx) }),
})

export const meInActionWithoutFunctions = action({ args: {}, handler: async ctx => (await getAuthUserWithoutFunctions(ctx)).name })
export const meWithoutFunctions = query({ args: {}, handler: async ctx => (await getAuthUserWithoutFunctions(ctx)).name })

export const add = authedMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => await ctx.db.insert('notes', { author: ctx.user._id, text }),
})

export const count = authedQuery({
  args: {},
  handler: async ctx => (await ctx.db.query('counts').withIndex('by_author', q => q.eq('author', ctx.user._id)).unique())?.notes ?? 0,
})

export const greet = authedAction({ args: {}, handler: async ({ user, session }) => `${user.name}, ${session.userId === user._id}` })
export const forAdmins = authedQuery.allow(hasRole('admin'))({ args: {}, handler: async ({ user }) => user.plan })
export const forMembers = authedQuery.allow(isMember({ organization: 'active' }))({ args: {}, handler: async ({ user }) => user.name })

export const inCustomQuery = customAuthedQuery({ args: {}, handler: async ({ user }) => user.plan })
export const inCustomOptionalQuery = customOptionalQuery({ args: {}, handler: async ({ user }) => user?.plan ?? null })
export const inCustomAction = customAuthedAction({ args: {}, handler: async ({ user }) => user.plan })
export const inCustomMutation = customPlanMutation({ args: {}, handler: async ({ user, hasPlan }) => `${user.name} ${hasPlan}` })
export const inLoggedQuery = loggedQuery({ args: {}, handler: async ({ tag }) => tag })
