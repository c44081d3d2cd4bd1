import { v } from 'convex/values'
import { wrapAuthApi } from 'convue/convex'
import { mutation } from './_generated/server'
import { authComponent, createAuth } from './auth'

export const changePassword = mutation({
  args: { currentPassword: v.string(), newPassword: v.string() },
  handler: async (ctx, body) => {
    const { auth, headers } = await authComponent.getAuth(createAuth, ctx)
    // Its errors reach users, in production too, such as "Invalid password".
    await wrapAuthApi(auth).changePassword({ headers, body })
  },
})
