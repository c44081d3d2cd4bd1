import { ConvexError } from 'convex/values'
import { api } from '#convex/api'

/** Changes the password of the request's user. */
export default defineEventHandler(async (event) => {
  await requireConvexUser(event)
  const { currentPassword, newPassword } = await readBody<Record<string, unknown>>(event)
  try {
    await useConvexServer(event).fetchAuthMutation(api.account.changePassword, {
      currentPassword: String(currentPassword),
      newPassword: String(newPassword),
    })
  }
  catch (error) {
    // The message of a `ConvexError` is written for users. Other errors are not sent to the
    // browser.
    if (error instanceof ConvexError)
      throw createError({ statusCode: 422, message: error.data.message })
    throw error
  }
  return null
})
