import { api } from '#convex/api'

/** Uses a query, and does not wait for it. */
export default defineNuxtRouteMiddleware((to) => {
  const { data } = useAuthedQuery(api.tasks.list)
  to.meta.first = () => data.value?.[0]?.text
})
