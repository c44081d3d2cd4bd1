/** Decides which paths the auth proxy passes on to Better Auth. */

/**
 * Parts of a path that servers might read differently: empty segments, and percent-encoded dots,
 * slashes, backslashes, percent signs and control characters, which a second decoding could turn
 * into another path.
 */
const AMBIGUOUS = /%(?:2e|2f|5c|25|[01][\da-f]|7f)|\/\//i

/**
 * The path and the query of a request to Better Auth, unchanged.
 *
 * @returns `null` for a path outside `basePath`, and for a path that two servers might read
 * differently.
 */
export function authPath(requestUrl: string, basePath: string): string | null {
  // The URL parser has already resolved `..` and its encoded forms.
  const { pathname, search } = new URL(requestUrl)
  if (!pathname.startsWith(`${basePath}/`) || AMBIGUOUS.test(pathname))
    return null
  return pathname + search
}
