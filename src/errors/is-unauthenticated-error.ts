/** Recognizes the error of a Convex function that needs a signed-in user. */

/**
 * Returns whether a Convex function has thrown this error because the caller is not signed in or
 * the session has ended: a `ConvexError` with `code: 'UNAUTHENTICATED'` in its data, which the
 * functions of `convue/convex` throw, or `ConvexError('Unauthenticated')` of
 * `@convex-dev/better-auth`.
 *
 * @param error The error of a query or a call.
 */
export function isUnauthenticatedError(error: unknown): boolean {
  const data = (error as { data?: any } | null | undefined)?.data
  return /^unauthenticated$/i.test(data?.code ?? data)
}
