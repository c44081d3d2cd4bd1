/** What counts as a definite answer of the identity provider, in the browser and on a server. */

export type JsonObject = Record<string, unknown>

/** The JSON object or `null` that an answer holds; `undefined` for anything else, such as a firewall's page, nothing at all or a number. */
export function readJsonAnswer(text: string): JsonObject | null | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value) ? value : undefined
  }
  catch {
    return undefined
  }
}

/** Whether Better Auth or Convex itself answered that there is no session: with an object, since a firewall's 401 may hold any JSON. */
export function isUnauthorized(status: number, body: JsonObject | null | undefined): boolean {
  return status === 401 && !!body
}

/** A user and their session, without its secret. */
export interface SessionAnswer {
  user: Record<string, any>
  session: Record<string, any>
}

/**
 * The user and the session that get-session has answered with; `null` if the answer holds none. What Better Auth's `customSession` adds beside them
 * becomes part of the session, where a field of the session itself comes first.
 */
export function readSessionAnswer(answer: any): SessionAnswer | null {
  const { user, session, needsRefresh: _flag, ...added } = answer ?? {}
  if (!user?.id || !session?.id)
    return null
  const { token: _secret, ...rest } = { ...added, ...session }
  return { user, session: rest }
}
