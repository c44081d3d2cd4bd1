import type { GenericCtx } from '@convex-dev/better-auth'
import type { BetterAuthPlugin } from 'better-auth'
import type { DataModel } from './_generated/dataModel'
import { createClient } from '@convex-dev/better-auth'
import { convex, crossDomain } from '@convex-dev/better-auth/plugins'
import { betterAuth } from 'better-auth/minimal'
import { customSession } from 'better-auth/plugins/custom-session'
import { multiSession } from 'better-auth/plugins/multi-session'
import { components } from './_generated/api'
import authConfig from './auth.config'

export const authComponent = createClient<DataModel>(components.betterAuth)

/** Seconds that a token lives: `JWT_SECONDS`, or 15 minutes as upstream has it. */
const jwtSeconds = Number(process.env.JWT_SECONDS ?? 15 * 60)

/** With `PLAIN_PASSWORDS`, passwords are kept as they are: a hash costs 100 ms, and tests that sign many in and out have no secrets. */
const plain = {
  hash: async (password: string) => password,
  verify: async ({ hash, password }: { hash: string, password: string }) => hash === password,
}

/** Plugins that some tests need, by the names in `AUTH_PLUGINS`. */
const optionalPlugins: Record<string, () => BetterAuthPlugin> = {
  crossDomain: () => crossDomain({ siteUrl: process.env.SITE_URL! }),
  customSession: () => customSession(async ({ user, session }) => ({ user, session, roles: ['admin'] })),
  multiSession: () => multiSession(),
}

export function createAuth(ctx: GenericCtx<DataModel>) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    database: authComponent.adapter(ctx),
    emailAndPassword: { enabled: true, requireEmailVerification: false, ...(process.env.PLAIN_PASSWORDS ? { password: plain } : {}) },
    // Better Auth's own cache of the session, in a cookie.
    session: { cookieCache: { enabled: !!process.env.COOKIE_CACHE } },
    rateLimit: { enabled: process.env.RATE_LIMIT === 'true' },
    advanced: {
      // For two deployments behind one origin, whose cookies would be each other's.
      cookiePrefix: process.env.COOKIE_PREFIX,
      ...(process.env.CLIENT_ADDRESS_HEADER ? { ipAddress: { ipAddressHeaders: [process.env.CLIENT_ADDRESS_HEADER] } } : {}),
    },
    plugins: [
      ...(process.env.AUTH_PLUGINS ?? '').split(' ').filter(Boolean).map(name => optionalPlugins[name]!()),
      convex({ authConfig, jwt: { expirationSeconds: jwtSeconds } }),
    ],
  })
}

export const { getAuthUser } = authComponent.clientApi()
