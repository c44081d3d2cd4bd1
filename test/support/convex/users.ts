import { v } from 'convex/values'
import { query } from './_generated/server'
import { authComponent } from './auth'

/** The identity the query runs as, or `null`. */
export const whoami = query({
  args: {},
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity()
    return identity && { subject: identity.subject, issuer: identity.issuer, name: identity.name ?? null }
  },
})

/** The same with an argument, for as many live queries as a test wants. */
export const whoamiTagged = query({
  args: { tag: v.string() },
  handler: async (ctx, { tag }) => ({ tag, subject: (await ctx.auth.getUserIdentity())?.subject ?? null }),
})

/** The whole identity with its claims. */
export const identity = query({ args: {}, handler: async ctx => await ctx.auth.getUserIdentity() })

/** The Better Auth user of a live session, or `null`: turns at sign-out, before the token expires. */
export const current = query({
  args: {},
  handler: async (ctx) => {
    const user = await authComponent.safeGetAuthUser(ctx)
    return user ? { id: user._id as string, email: user.email, name: user.name } : null
  },
})
