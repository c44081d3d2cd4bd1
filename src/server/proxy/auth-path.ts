/** Percent-encoded dots, slashes, backslashes, percent signs and controls, which a second decoding could turn into another path; empty segments. */
const AMBIGUOUS = /%(?:2e|2f|5c|25|[01][\da-f]|7f)|\/\//i

/**
 * The path and query of a request to Better Auth, exactly as they came.
 *
 * @returns `null` for any other path, and for one that two servers might read differently.
 */
export function authPath(requestUrl: string, basePath: string): string | null {
  // The parser has resolved `..` already, and its encoded spellings.
  const { pathname, search } = new URL(requestUrl)
  return pathname.startsWith(`${basePath}/`) && !AMBIGUOUS.test(pathname) ? pathname + search : null
}
