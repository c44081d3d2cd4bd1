import type { GenericCtx } from '@convex-dev/better-auth'
import type { BetterAuthPlugin } from 'better-auth'
import type { DataModel } from './_generated/dataModel'
import { createClient } from '@convex-dev/better-auth'
import { convex, crossDomain } from '@convex-dev/better-auth/plugins'
import { betterAuth } from 'better-auth/minimal'
import { anonymous } from 'better-auth/plugins/anonymous'
import { customSession } from 'better-auth/plugins/custom-session'
import { multiSession } from 'better-auth/plugins/multi-session'
import { oneTimeToken } from 'better-auth/plugins/one-time-token'
import { components } from './_generated/api'
import authConfig from './auth.config'

export const authComponent = createClient<DataModel>(components.betterAuth)

/** The lifetime of a token in seconds: `JWT_SECONDS`, or Better Auth's default of 15 minutes. */
const jwtSeconds = Number(process.env.JWT_SECONDS ?? 15 * 60)

/**
 * With `PLAIN_PASSWORDS`, passwords are stored without a hash. A hash takes 100 ms, and the passwords of tests are not
 * secret.
 */
const plain = {
  hash: async (password: string) => password,
  verify: async ({ hash, password }: { hash: string, password: string }) => hash === password,
}

/** Plugins that only some tests need. `AUTH_PLUGINS` contains the names of the plugins to use. */
const optionalPlugins: Record<string, () => BetterAuthPlugin> = {
  anonymous: () => anonymous(),
  crossDomain: () => crossDomain({ siteUrl: process.env.SITE_URL! }),
  customSession: () => customSession(async ({ user, session }) => ({ user, session, roles: ['admin'] })),
  multiSession: () => multiSession(),
  oneTimeToken: () => oneTimeToken(),
}

/** With `GOOGLE_CLIENT_ID`, users sign in with ID tokens of Google. Tests make these tokens, so none is verified. */
const google = process.env.GOOGLE_CLIENT_ID
  ? {
      socialProviders: { google: { clientId: process.env.GOOGLE_CLIENT_ID, clientSecret: '', verifyIdToken: async () => true } },
      account: { accountLinking: { allowDifferentEmails: true, updateUserInfoOnLink: true } },
    }
  : {}

export function createAuth(ctx: GenericCtx<DataModel>) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    database: authComponent.adapter(ctx),
    emailAndPassword: { enabled: true, requireEmailVerification: false, ...(process.env.PLAIN_PASSWORDS ? { password: plain } : {}) },
    // With `COOKIE_CACHE`, Better Auth stores a copy of the session in a cookie.
    session: { cookieCache: { enabled: !!process.env.COOKIE_CACHE } },
    ...google,
    rateLimit: { enabled: process.env.RATE_LIMIT === 'true' },
    advanced: {
      // Two deployments behind one origin need different prefixes, or their cookies would replace
      // each other.
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
