import { isAPIError } from 'better-auth/api'
import { ConvexError, v } from 'convex/values'
import { mutation } from './_generated/server'
import { authComponent, createAuth } from './auth'

// #region snippet
export const changePassword = mutation({
  args: {
    currentPassword: v.string(),
    newPassword: v.string(),
  },
  returns: v.null(),
  handler: async (ctx, body) => {
    const { auth, headers }
      = await authComponent.getAuth(createAuth, ctx)
    try {
      await auth.api.changePassword({ body, headers })
    }
    catch (error) {
      throw explain(error)
    }
    return null
  },
})
// #endregion

/**
 * Better Auth throws an `APIError`, which a client would receive only as "Server Error". The data of a `ConvexError`
 * reaches the client, even in production.
 */
function explain(error: unknown): unknown {
  if (!isAPIError(error))
    return error
  const code = error.body?.code ?? error.status.toString()
  switch (code) {
    case 'INVALID_PASSWORD':
      return new ConvexError({ code, message: 'That is not your current password.' })
    case 'UNAUTHORIZED':
      return new ConvexError({ code, message: 'Your session has ended. Sign in again.' })
    default:
      return new ConvexError({ code, message: error.message })
  }
}
