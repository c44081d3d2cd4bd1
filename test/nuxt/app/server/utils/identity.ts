import type { H3Event } from 'h3'
import { api } from '#convex/api'

/** The results of all functions that give a route its user, as text. */
export async function identityOf(event: H3Event): Promise<string> {
  const { getToken, getSession, isAuthenticated, fetchAuthQuery } = useConvexServer(event)
  const user = await fetchAuthQuery(api.users.whoami)
  const session = await getSession()
  const required = await requireConvexUser(event).then(({ user }) => user.name, ({ statusCode }) => statusCode)
  return [await getToken() ? 'token' : 'no token', await isAuthenticated(), session?.user.name ?? null, user?.name ?? null, required].map(String).join(' ')
}
