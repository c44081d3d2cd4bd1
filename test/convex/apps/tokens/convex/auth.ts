import type { ComponentApi } from '@convex-dev/better-auth/_generated/component.js'
import { createClient } from '@convex-dev/better-auth'
import { betterAuth } from 'better-auth/minimal'
import { componentsGeneric, mutationGeneric } from 'convex/server'
import { convex, defineKeyActions } from '../../../../../src/convex/index.ts'

export const authComponent = createClient<any>(componentsGeneric().betterAuth as unknown as ComponentApi)

export function createAuth(ctx: any) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    database: authComponent.adapter(ctx),
    emailAndPassword: {
      enabled: true,
      // A hash takes 100 ms.
      password: { hash: async password => password, verify: async ({ hash, password }) => hash === password },
    },
    rateLimit: { enabled: false },
    plugins: [convex({ jwks: process.env.JWKS || undefined })],
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
