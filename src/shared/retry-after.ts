/**
 * How long a server asks to be left alone, in milliseconds: `Retry-After` (RFC 9110, 10.2.3), in seconds or as a date, or `X-Retry-After`, which the
 * rate limit of Better Auth sends. The visitor's clock may be wrong: `Date` tells the server's, where it can be read. `NaN` if it asks for nothing.
 */
export function readRetryAfter(headers: { get: (name: string) => string | null }): number {
  const header = (headers.get('retry-after') || headers.get('x-retry-after'))!
  return Number(header) * 1000 || Date.parse(header) - (Date.parse(headers.get('date')!) || Date.now())
}
