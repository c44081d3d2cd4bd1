import { v } from 'convex/values'
import { hasRole } from '../../../../../src/convex/index'
import { api, components } from './_generated/api'
import { action, internalMutation, internalQuery, mutation, query } from './_generated/server'
import {
  authedAction,
  authedMutation,
  authedQuery,
  getAuthUser,
  getAuthUserId,
  getAuthUserIdentity,
  getHeaders,
  getSession,
  isMember,
  safeGetAuthUser,
  safeGetAuthUserId,
  safeGetAuthUserIdentity,
  safeGetHeaders,
  safeGetSession,
  withAuth,
} from './functions'

/** The results of all helpers that throw without a caller. */
async function readAll(ctx: Parameters<typeof getAuthUser>[0]) {
  const identity = await getAuthUserIdentity(ctx)
  const session = await getSession(ctx)
  return {
    claims: { userId: identity.userId, sessionId: identity.sessionId, name: identity.name ?? null },
    userId: await getAuthUserId(ctx),
    user: await getAuthUser(ctx),
    session,
    hasCookie: (await getHeaders(ctx)).has('cookie'),
  }
}

export const inQuery = query({ args: {}, handler: readAll })
export const inMutation = mutation({ args: {}, handler: readAll })
export const inAction = action({ args: {}, handler: readAll })

export const safe = query({
  args: {},
  handler: async ctx => ({
    identity: await safeGetAuthUserIdentity(ctx),
    userId: await safeGetAuthUserId(ctx),
    user: await safeGetAuthUser(ctx),
    session: await safeGetSession(ctx),
    headers: [...(await safeGetHeaders(ctx)).keys()],
  }),
})

export const fail = query({
  args: { helper: v.string() },
  handler: async (ctx, { helper }) => {
    const helpers = { getAuthUser, getAuthUserId, getAuthUserIdentity, getHeaders, getSession }
    await helpers[helper as keyof typeof helpers](ctx)
  },
})

export const me = authedQuery({
  args: {},
  handler: async ({ user, session }) => ({ name: user.name, userId: session.userId, keys: Object.keys(session) }),
})

export const meAsFunction = authedQuery(async ({ user }) => user.name)

export const maybeMe = authedQuery.optional({
  args: {},
  handler: async ({ user, session }) => ({ name: user?.name ?? null, hasSession: session !== null }),
})

export const write = authedMutation({
  args: { text: v.string() },
  returns: v.id('notes'),
  handler: async (ctx, { text }) => await ctx.db.insert('notes', { author: ctx.user._id, text }),
})

export const texts = query({
  args: {},
  handler: async ctx => (await ctx.db.query('notes').collect()).map(({ text }) => text),
})

export const greet = authedAction({
  args: { greeting: v.string() },
  handler: async (ctx, { greeting }): Promise<string> => {
    const texts: string[] = await ctx.runQuery(api.callers.texts)
    return `${greeting} ${ctx.user.name}, ${texts.length} notes`
  },
})

export const whoInternally = withAuth(internalQuery)({ args: {}, handler: async ({ user }) => user.name })

const adminMutation = authedMutation.allow(hasRole('admin', 'owner'))

export const govern = adminMutation({ args: {}, handler: async ({ user }) => user.role ?? null })

export const inActiveOrganization = authedQuery
  .allow(isMember({ organization: 'active' }))({ args: {}, handler: async ({ session }) => session.activeOrganizationId })

export const ofOrganization = authedQuery.allow(isMember({ organization: ({ organization }) => organization, roles: ['owner'] }))({
  args: { organization: v.string() },
  handler: async ({ user }, { organization }) => `${user.name} owns ${organization}`,
})

export const makeAdmin = internalMutation({
  args: { id: v.string(), role: v.string() },
  handler: async (ctx, { id, role }) => {
    await ctx.runMutation(components.betterAuth.adapter.updateOne, {
      input: { model: 'user', where: [{ field: '_id', value: id }], update: { role } },
    })
  },
})

/** Changes the expiry of a session, whose document remains. */
export const expire = internalMutation({
  args: { id: v.string(), expiresAt: v.number() },
  handler: async (ctx, { id, expiresAt }) => {
    await ctx.runMutation(components.betterAuth.adapter.updateOne, {
      input: { model: 'session', where: [{ field: '_id', value: id }], update: { expiresAt } },
    })
  },
})
