import { v } from 'convex/values'
import { query } from './_generated/server'
import { authComponent } from './auth'

/** The identity that the query runs as, or `null` for an anonymous caller. */
export const whoami = query({
  args: {},
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity()
    return identity && { subject: identity.subject, issuer: identity.issuer, name: identity.name ?? null }
  },
})

/**
 * The subject of the caller. Each tag is another query, so a test can subscribe to any number of
 * queries.
 */
export const whoamiTagged = query({
  args: { tag: v.string() },
  handler: async (ctx, { tag }) => ({ tag, subject: (await ctx.auth.getUserIdentity())?.subject ?? null }),
})

/** The complete identity of the caller, with all claims. */
export const identity = query({ args: {}, handler: async ctx => await ctx.auth.getUserIdentity() })

/**
 * The Better Auth user of the session, or `null` if the session has ended. So the result changes at the sign-out, even
 * before the token expires.
 */
export const current = query({
  args: {},
  handler: async (ctx) => {
    const user = await authComponent.safeGetAuthUser(ctx)
    return user ? { id: user._id as string, email: user.email, name: user.name } : null
  },
})
