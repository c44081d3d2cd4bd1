import type { Auth, UserIdentity } from 'convex/server'
import { ConvexError } from 'convex/values'

/** The caller's identity. If the caller is anonymous, throws a `ConvexError`, which reaches the client unchanged. */
export async function requireIdentity(ctx: { auth: Auth }): Promise<UserIdentity> {
  const identity = await ctx.auth.getUserIdentity()
  if (!identity)
    throw new ConvexError({ code: 'UNAUTHENTICATED', message: 'Sign in first.' })
  return identity
}
