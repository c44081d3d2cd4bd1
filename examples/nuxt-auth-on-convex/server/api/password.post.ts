import { ConvexError } from 'convex/values'
import { api } from '#convex/api'

/** Changes the password of the request's user. */
export default defineEventHandler(async (event) => {
  const { currentPassword, newPassword } = await readBody<Record<string, unknown>>(event)
  try {
    await useConvexServer(event).fetchAuthMutation(api.account.changePassword, {
      currentPassword: String(currentPassword),
      newPassword: String(newPassword),
    })
  }
  catch (error) {
    if (error instanceof ConvexError)
      throw createError({ statusCode: error.data.status ?? 400, message: error.data.message })
    throw error
  }
  return null
})
