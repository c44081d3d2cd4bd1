/** The errors that users of an app see when a function needs a user or a permission. */
import { ConvexError } from 'convex/values'

/**
 * The codes of the errors that the builders and helpers throw. Errors of Better Auth's own API have
 * codes of Better Auth, such as `INVALID_PASSWORD`.
 */
export type AuthErrorCode = 'UNAUTHENTICATED' | 'FORBIDDEN'

/** The data of an {@link AuthError}, which reach the page in production too. */
// A type and not an interface: only a type alias is assignable to `Value` of Convex.
// eslint-disable-next-line ts/consistent-type-definitions
export type AuthErrorData = {
  /** The kind of error. `isUnauthenticatedError` of `convue` recognizes `UNAUTHENTICATED`. */
  code: AuthErrorCode | (string & {})
  /** A sentence for the user. */
  message: string
  /** The HTTP status of the error, if Better Auth reported it. */
  status?: number
}

/** A `ConvexError` whose data have a code and a message. */
export type AuthError = ConvexError<AuthErrorData>

const MESSAGES: Record<AuthErrorCode, string> = {
  UNAUTHENTICATED: 'Sign in first.',
  FORBIDDEN: 'You may not do this.',
}

/**
 * The error of a function that needs a user (`UNAUTHENTICATED`) or a permission (`FORBIDDEN`).
 * Functions of an app can throw it too.
 *
 * @param code The kind of error.
 * @param message A sentence for the user.
 */
export function authError(code: AuthErrorCode, message: string = MESSAGES[code]): AuthError {
  return new ConvexError<AuthErrorData>({ code, message })
}
