/** Sets the status of errors of Convue that a server route does not catch, instead of 500. */
import { ConvueError } from 'convue/server'
import { defineNitroPlugin } from 'nitropack/runtime'

type Statuses = Partial<Record<string, [status: number, text: string]>>

/**
 * The server was right to refuse the request. The response contains the reason, and the log does
 * not report a mistake of the app.
 */
const REFUSED: Statuses = {
  ORIGIN_UNTRUSTED: [403, 'Forbidden'],
  IDENTITY_CHANGED: [409, 'Conflict'],
}

/** A request to the deployment failed. The log reports it, and the reason remains on the server. */
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
