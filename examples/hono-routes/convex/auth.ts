import type { GenericCtx } from '@convex-dev/better-auth'
import type { DataModel } from './_generated/dataModel'
import { createClient } from '@convex-dev/better-auth'
import { betterAuth } from 'better-auth/minimal'
import { convex, crossDomain, defineKeyActions } from 'convue/convex'
import { components } from './_generated/api'
import { BASE_PATH } from './basePath'

const authComponent = createClient<DataModel>(components.betterAuth)

export function createAuth(ctx: GenericCtx<DataModel>) {
  return betterAuth({
    baseURL: process.env.CONVEX_SITE_URL!,
    basePath: BASE_PATH,
    database: authComponent.adapter(ctx),
    emailAndPassword: { enabled: true },
    plugins: [
      convex({
        // Empty until the first keys have been created.
        jwks: process.env.JWKS || undefined,
        jwt: {
          expirationSeconds: 300,
          // The claims that functions and routes read with `ctx.auth.getUserIdentity()`.
          definePayload: ({ user }) => ({
            name: user.name,
            team: user.email.split('@')[1],
          }),
        },
      }),
      crossDomain({ siteUrl: process.env.SITE_URL! }),
    ],
  })
}

/** `npx convex run auth:getLatestJwks` prints the keys, and `auth:rotateKeys` adds a new one. */
export const { getLatestJwks, rotateKeys } = defineKeyActions(createAuth)
