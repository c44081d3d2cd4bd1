import type { GenericCtx } from '@convex-dev/better-auth'
import type { DataModel } from './_generated/dataModel'
import { createClient } from '@convex-dev/better-auth'
import { betterAuth } from 'better-auth/minimal'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { convex, crossDomain } from 'convue/convex'
import { components } from './_generated/api'

const authComponent = createClient<DataModel>(components.betterAuth)

/** The Better Auth server. Its routes are on the deployment. The app has the origin `SITE_URL`. */
export function createAuth(ctx: GenericCtx<DataModel>) {
  return betterAuth({
    baseURL: process.env.CONVEX_SITE_URL!,
    database: authComponent.adapter(ctx),
    emailAndPassword: { enabled: true },
    plugins: [
      convex(),
      crossDomain({ siteUrl: process.env.SITE_URL! }),
      genericOAuth({ config: [developmentProvider(process.env.PROVIDER_URL)] }),
    ],
  })
}

/** The provider of `scripts/provider.ts`. Your app has `socialProviders` instead. */
function developmentProvider(url: string | undefined) {
  return {
    providerId: 'development',
    clientId: 'app',
    clientSecret: 'only for development',
    authorizationUrl: `${url}/authorize`,
    tokenUrl: `${url}/token`,
    userInfoUrl: `${url}/userinfo`,
  }
}
