import { ConvueError } from 'convue/server'
import { defineNitroPlugin } from 'nitropack/runtime'

/** Requests that a server route was right to refuse. Their reason may reach the caller, and they are not logged as mistakes of the app. */
const REFUSED: Partial<Record<string, [status: number, text: string]>> = {
  ORIGIN_UNTRUSTED: [403, 'Forbidden'],
  IDENTITY_CHANGED: [409, 'Conflict'],
}

/** Requests that failed upstream: they stay in the log, and their reason stays on the server. */
const FAILED: Partial<Record<string, [status: number, text: string]>> = {
  FUNCTION_REQUEST_FAILED: [502, 'Bad Gateway'],
  SESSION_REQUEST_FAILED: [502, 'Bad Gateway'],
  TOKEN_REQUEST_FAILED: [502, 'Bad Gateway'],
}

/**
 * Gives the errors of Convue that a server route does not catch the status of what happened. Without it, each is a 500. Nitro runs this hook before it
 * answers.
 */
export default defineNitroPlugin((nitro) => {
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
