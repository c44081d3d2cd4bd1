import type { Auth, UserIdentity } from 'convex/server'
import { ConvexError } from 'convex/values'

/** Who asks. Throws a `ConvexError`, which reaches the client as it is, if that is nobody. */
export async function requireIdentity(ctx: { auth: Auth }): Promise<UserIdentity> {
  const identity = await ctx.auth.getUserIdentity()
  if (!identity)
    throw new ConvexError({ code: 'UNAUTHENTICATED', message: 'Sign in first.' })
  return identity
}
