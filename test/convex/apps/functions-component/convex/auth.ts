import type { GenericCtx } from '@convex-dev/better-auth'
import type { BetterAuthOptions } from 'better-auth/minimal'
import type { DataModel } from './_generated/dataModel'
import { createClient } from '@convex-dev/better-auth'
import { convex, crossDomain } from '@convex-dev/better-auth/plugins'
import { betterAuth } from 'better-auth/minimal'
import { admin } from 'better-auth/plugins/admin'
import { organization } from 'better-auth/plugins/organization'
import { components } from './_generated/api'
import authConfig from './auth.config'
import schema from './betterAuth/schema'

export const authComponent = createClient<DataModel, typeof schema>(components.betterAuth, { local: { schema } })

/** Hashes take most of the time of a sign-up, and the tests have no secrets. */
const plainPasswords = {
  hash: async (password: string) => password,
  verify: async ({ hash, password }: { hash: string, password: string }) => hash === password,
}

export function createAuthOptions(ctx: GenericCtx<DataModel>) {
  return {
    baseURL: process.env.SITE_URL,
    basePath: process.env.BASE_PATH ?? '/api/auth',
    trustedOrigins: ['https://app.example.com', 'https://*.preview.example.com'],
    database: authComponent.adapter(ctx),
    emailAndPassword: { enabled: true, requireEmailVerification: false, password: plainPasswords },
    rateLimit: { enabled: false },
    plugins: [
      admin(),
      organization(),
      crossDomain({ siteUrl: process.env.SITE_URL! }),
      convex({ authConfig, options: { basePath: process.env.BASE_PATH ?? '/api/auth' } }),
    ],
  } satisfies BetterAuthOptions
}

export function createAuth(ctx: GenericCtx<DataModel>) {
  return betterAuth(createAuthOptions(ctx))
}
