/** The address of the deployment's HTTP actions. */
import { useRuntimeConfig } from '../nitro.ts'

/** `undefined` if the address is not configured and cannot be derived from the deployment's. */
export function findSiteUrl(): string | undefined {
  const { url, siteUrl } = useRuntimeConfig().public.convex
  const derived = url.replace(/\.convex\.cloud(?=\/?$)/, '.convex.site')
  if (siteUrl || derived === url)
    return siteUrl || undefined
  return derived
}
