/** Reads how long a server asks to wait before the next request. */

/**
 * The delay that a server asks for, in milliseconds, or `NaN` if it asks for none. `Retry-After`
 * (RFC 9110, 10.2.3) has seconds or a date. The rate limit of Better Auth sends `X-Retry-After`. A
 * date is compared with the response's `Date` header if the page can read that header, since the
 * browser's clock may be wrong.
 */
export function readRetryAfter(headers: { get: (name: string) => string | null }): number {
  const header = (headers.get('retry-after') || headers.get('x-retry-after'))!
  const serverNow = Date.parse(headers.get('date')!) || Date.now()
  return Number(header) * 1000 || Date.parse(header) - serverNow
}
