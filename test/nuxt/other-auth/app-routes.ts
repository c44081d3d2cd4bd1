import { defineEventHandler, proxyRequest, setResponseHeader } from 'h3'
import { useRuntimeConfig } from 'nitropack/runtime'

export default defineEventHandler((event) => {
  const { siteUrl } = useRuntimeConfig().public.convex as { siteUrl: string }
  setResponseHeader(event, 'x-routes-of', 'the app')
  return proxyRequest(event, siteUrl + event.path)
})
