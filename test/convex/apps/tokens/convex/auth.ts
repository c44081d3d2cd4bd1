import type { ComponentApi } from '@convex-dev/better-auth/_generated/component.js'
import { createClient } from '@convex-dev/better-auth'
import { betterAuth } from 'better-auth/minimal'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { componentsGeneric, mutationGeneric } from 'convex/server'
import { convex, crossDomain, defineKeyActions } from '../../../../../src/convex/index.ts'

export const authComponent = createClient<any>(componentsGeneric().betterAuth as unknown as ComponentApi)

/** Another provider, whose sign-in page is not needed: it always signs Ada in. */
const provider = {
  providerId: 'stub',
  clientId: 'id',
  clientSecret: 'secret',
  authorizationUrl: 'https://provider.example/authorize',
  tokenUrl: 'https://provider.example/token',
  getToken: async () => ({ accessToken: 'token' }),
  getUserInfo: async () => ({ id: 'ada', email: 'ada@example.com', name: 'Ada', emailVerified: true }),
}

export function createAuth(ctx: any) {
  return betterAuth({
    // Without a proxy of the app, the routes are on the deployment itself.
    baseURL: process.env.CROSS_DOMAIN ? process.env.CONVEX_SITE_URL : process.env.SITE_URL,
    database: authComponent.adapter(ctx),
    emailAndPassword: {
      enabled: true,
      // Hashing a password would take 100 ms.
      password: { hash: async password => password, verify: async ({ hash, password }) => hash === password },
    },
    rateLimit: { enabled: false },
    plugins: [
      convex({ jwks: process.env.JWKS || undefined }),
      ...process.env.CROSS_DOMAIN ? [crossDomain({ siteUrl: process.env.SITE_URL! }), genericOAuth({ config: [provider] })] : [],
    ],
  })
}

export const { getLatestJwks, rotateKeys } = defineKeyActions(createAuth)

/** Signs a user up in a mutation, where ES256 cannot sign. */
export const signUp = mutationGeneric({
  handler: async (ctx) => {
    const { user } = await createAuth(ctx).api.signUpEmail({ body: { name: 'Cid', email: 'cid@example.com', password: 'correct horse battery' } })
    return user.name
  },
})
