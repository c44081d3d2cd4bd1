import { api } from '#convex/api'

/** A GET route that runs a mutation; with `?inner`, through a request of the app's server to itself. */
export default defineEventHandler(async (event) => {
  const request = { method: 'POST', body: { text: 'From a GET' } } as const
  const cookie = getRequestHeader(event, 'cookie') ?? ''
  switch (getQuery(event).inner) {
    case 'event.$fetch':
      return await event.$fetch('/api/tasks', request)
    case '$fetch':
      return await $fetch('/api/tasks', { ...request, headers: { cookie } })
    case '$fetch with an Origin':
      return await $fetch('/api/tasks', { ...request, headers: { cookie, 'origin': getRequestURL(event).origin, 'sec-fetch-site': 'same-origin' } })
    case 'anonymous $fetch':
      return await $fetch('/api/tasks', request)
    default:
      return await useConvexServer(event).fetchAuthMutation(api.tasks.add, request.body)
  }
})
