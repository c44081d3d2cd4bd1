/** Better Auth's routes where this app wants them. */
export default defineEventHandler((event) => {
  const { siteUrl } = useRuntimeConfig().public.convex as { siteUrl: string }
  return proxyRequest(event, siteUrl + event.path.replace('/own/', '/api/'))
})
