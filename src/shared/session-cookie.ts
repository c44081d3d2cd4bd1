/** Reads the cookie in which Better Auth stores the token of a session. */

/**
 * The session's token in the value of a session cookie: `<token>.<signature>`, percent-encoded. The
 * signature is not verified. `null` if the value cannot be decoded.
 */
export function sessionTokenOf(value: string): string | null {
  try {
    const text = decodeURIComponent(value)
    return text.slice(0, text.lastIndexOf('.'))
  }
  catch {
    return null
  }
}
