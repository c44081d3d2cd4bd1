import type { Id } from './_generated/dataModel'
import type { QueryCtx } from './_generated/server'
import { v } from 'convex/values'
import { authError } from 'convue/convex'
import { mutation, query } from './_generated/server'

/** The user of the token with which the app's server or the page calls the function. */
async function requireUserId(ctx: QueryCtx): Promise<Id<'user'>> {
  const identity = await ctx.auth.getUserIdentity()
  const userId = identity && ctx.db.normalizeId('user', identity.subject)
  if (!userId)
    throw authError('UNAUTHENTICATED', 'Sign in first.')
  return userId
}

/** The tasks of the user, newest first. */
export const list = query({
  args: {},
  handler: async (ctx) => {
    const owner = await requireUserId(ctx)
    return await ctx.db.query('tasks').withIndex('by_owner', q => q.eq('owner', owner)).order('desc').take(100)
  },
})

export const add = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert('tasks', { owner: await requireUserId(ctx), text })
  },
})
