/** Better Auth's routes on a path of this app. */
export default defineEventHandler((event) => {
  const { siteUrl } = useRuntimeConfig().public.convex as { siteUrl: string }
  return proxyRequest(event, siteUrl + event.path.replace('/own/', '/api/'))
})
