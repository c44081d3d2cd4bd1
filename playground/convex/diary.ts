import type { QueryCtx } from './_generated/server'
import { ConvexError, v } from 'convex/values'
import { mutation, query } from './_generated/server'
import { requireIdentity } from './identity'

// #region snippet
/** A user may lose the permission to read the diary while the page shows it. */
export const read = query({
  args: {},
  returns: v.string(),
  handler: async (ctx) => {
    if (await findRevocation(ctx)) {
      throw new ConvexError({
        code: 'FORBIDDEN',
        message: 'You may not read this diary any more.',
      })
    }
    return 'The nest is in the third willow from the bridge. Keep it a secret.'
  },
})
// #endregion

export const canRead = query({
  args: {},
  returns: v.boolean(),
  handler: async ctx => await findRevocation(ctx) === null,
})

/** Grants or revokes the caller's own access. In a real app, only an admin could do this. */
export const setAccess = mutation({
  args: {
    canRead: v.boolean(),
  },
  returns: v.null(),
  handler: async (ctx, { canRead }) => {
    const { subject } = await requireIdentity(ctx)
    const revocation = await findRevocation(ctx)
    if (revocation && canRead)
      await ctx.db.delete(revocation._id)
    if (!revocation && !canRead)
      await ctx.db.insert('revocations', { userId: subject })
    return null
  },
})

async function findRevocation(ctx: QueryCtx) {
  const { subject } = await requireIdentity(ctx)
  return await ctx.db.query('revocations').withIndex('by_user', q => q.eq('userId', subject)).first()
}
