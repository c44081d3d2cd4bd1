/** The database of `@onmax/nuxt-better-auth`: Better Auth's tables in the deployment of the app. */
import type { AuthAdapter } from 'convue/convex/database'
import { convexDatabase } from 'convue/convex/database'
import { findSiteUrl } from './site-url.ts'

/** Without an address in the runtime config, `convexDatabase` reads it from `CONVEX_SITE_URL`. */
export function createDatabase(): AuthAdapter {
  const siteUrl = findSiteUrl()
  return siteUrl ? convexDatabase({ siteUrl }) : convexDatabase()
}

/** `@onmax/nuxt-better-auth` passes this value to `defineServerAuth`. Only NuxtHub sets it. */
export const db = undefined
