/** Reports in the log of the server that the deployment rejects the tokens of the app. */
import { ConvueError } from 'convue/server'

/**
 * Reports `TOKEN_REJECTED` once. Pages are then rendered without the data of their user, and no
 * other message explains why. The usual reason is an address that is missing or wrong.
 */
export function createRejectionReport(): (error: unknown) => void {
  let hasReported = false
  return (error) => {
    if (hasReported || !(error instanceof ConvueError) || error.code !== 'TOKEN_REJECTED')
      return
    hasReported = true
    console.error(error.message)
  }
}
