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
