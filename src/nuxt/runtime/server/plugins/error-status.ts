/** Sets the response status for errors of Convue that a server route does not catch. */
import { ConvueError } from 'convue/server'
import { defineNitroPlugin } from '../nitro.ts'

type Statuses = Partial<Record<string, [status: number, text: string]>>

/**
 * Errors with which the server correctly refuses a request. The response contains the reason. The
 * errors are not logged, since the app has not made a mistake.
 */
const REFUSED: Statuses = {
  ORIGIN_UNTRUSTED: [403, 'Forbidden'],
  IDENTITY_CHANGED: [409, 'Conflict'],
}

/**
 * Errors of a failed request to the deployment. They are logged, and the response does not contain
 * the reason.
 */
const FAILED: Statuses = {
  FUNCTION_REQUEST_FAILED: [502, 'Bad Gateway'],
  SESSION_REQUEST_FAILED: [502, 'Bad Gateway'],
  TOKEN_REQUEST_FAILED: [502, 'Bad Gateway'],
}

export default defineNitroPlugin((nitro) => {
  // Nitro calls this hook before it sends the response.
  nitro.hooks.hook('error', (error) => {
    const { cause } = error
    if (!(cause instanceof ConvueError))
      return
    const [status, text] = REFUSED[cause.code] ?? FAILED[cause.code] ?? []
    if (!status)
      return
    Object.assign(error, { statusCode: status, statusMessage: text })
    if (REFUSED[cause.code])
      Object.assign(error, { unhandled: false, message: cause.why, data: { code: cause.code } })
  })
})
