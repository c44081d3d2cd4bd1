/** Which answers of the identity provider are definite, in the browser and on a server. */

export type JsonObject = Record<string, unknown>

/**
 * The JSON object or `null` in an answer. `undefined` for any other content, such as an empty body,
 * a number, or the HTML page of a firewall.
 */
export function readJsonAnswer(text: string): JsonObject | null | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value) ? value : undefined
  }
  catch {}
}

/**
 * Whether Better Auth or Convex itself answered that there is no session. Both answer with a JSON
 * object. The body of a firewall's 401 may be other JSON, such as a string or `null`.
 */
export function isUnauthorized(status: number, body: JsonObject | null | undefined): boolean {
  return status === 401 && !!body
}

/** A user and the user's session, without the session's secret. */
export interface SessionAnswer {
  user: Record<string, any>
  session: Record<string, any>
}

/**
 * The user and the session in an answer of get-session, or `null` if the answer has none. Fields
 * that Better Auth's `customSession` adds beside them become fields of the session, unless the
 * session has a field of that name.
 */
export function readSessionAnswer(answer: any): SessionAnswer | null {
  const { user, session, needsRefresh: _flag, ...added } = answer ?? {}
  if (!user?.id || !session?.id)
    return null
  const { token: _secret, ...rest } = { ...added, ...session }
  return { user, session: rest }
}
