import type { GenericCtx } from '@convex-dev/better-auth'
import type { DataModel } from './_generated/dataModel'
import { createClient } from '@convex-dev/better-auth'
import { betterAuth } from 'better-auth/minimal'
import { v } from 'convex/values'
// In an app: `import { convex } from 'convue/convex'`.
import { convex } from '../../src/convex/index'
import { components } from './_generated/api'
import { env, query } from './_generated/server'

export const authComponent = createClient<DataModel>(components.betterAuth)

// #region snippet
/**
 * The Better Auth server. `SITE_URL` is the origin of the app. The app's server forwards `/api/auth` to this
 * deployment, so cookies belong to the origin of the app.
 */
export function createAuth(ctx: GenericCtx<DataModel>) {
  return betterAuth({
    baseURL: env.SITE_URL!,
    database: authComponent.adapter(ctx),
    emailAndPassword: { enabled: true, requireEmailVerification: false },
    plugins: [convex()],
  })
}
// #endregion

/** The caller's user in the database; `null` if the caller is anonymous or the session has ended. */
export const getCurrentUser = query({
  args: {},
  returns: v.union(v.null(), v.object({
    name: v.string(),
    email: v.string(),
    createdAt: v.number(),
  })),
  handler: async (ctx) => {
    const user = await authComponent.safeGetAuthUser(ctx)
    return user ? { name: user.name, email: user.email, createdAt: user.createdAt } : null
  },
})
