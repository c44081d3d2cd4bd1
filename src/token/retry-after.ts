/**
 * How long a server asks to be left alone, in milliseconds: `Retry-After` (RFC 9110, 10.2.3), in seconds or as a date. The visitor's clock may be
 * wrong: `Date` tells the server's, where it can be read. `undefined` if it asks for nothing.
 */
export function readRetryAfter(header?: string | null, now?: string | null): number | undefined {
  return header ? Number(header) * 1000 || Date.parse(header) - (Date.parse(now!) || Date.now()) : undefined
}
