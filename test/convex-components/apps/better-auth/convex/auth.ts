import type { GenericCtx } from '@convex-dev/better-auth'
import type { BetterAuthOptions } from 'better-auth/minimal'
import type { DataModel } from './_generated/dataModel'
import { apiKey } from '@better-auth/api-key'
import { passkey } from '@better-auth/passkey'
import { createClient } from '@convex-dev/better-auth'
import { convex } from '@convex-dev/better-auth/plugins'
import { requireRunMutationCtx } from '@convex-dev/better-auth/utils'
import { betterAuth } from 'better-auth/minimal'
import { admin } from 'better-auth/plugins/admin'
import { anonymous } from 'better-auth/plugins/anonymous'
import { bearer } from 'better-auth/plugins/bearer'
import { deviceAuthorization } from 'better-auth/plugins/device-authorization'
import { emailOTP } from 'better-auth/plugins/email-otp'
import { magicLink } from 'better-auth/plugins/magic-link'
import { multiSession } from 'better-auth/plugins/multi-session'
import { oneTimeToken } from 'better-auth/plugins/one-time-token'
import { organization } from 'better-auth/plugins/organization'
import { phoneNumber } from 'better-auth/plugins/phone-number'
import { twoFactor } from 'better-auth/plugins/two-factor'
import { username } from 'better-auth/plugins/username'
import { components, internal } from './_generated/api'
import authConfig from './auth.config'
import schema from './betterAuth/schema'

export const authComponent = createClient<DataModel, typeof schema>(components.betterAuth, { local: { schema } })

/**
 * Stores passwords without a hash: hashes take most of the time of a sign-up, and the passwords of
 * tests are not secret.
 */
const plainPasswords = {
  hash: async (password: string) => password,
  verify: async ({ hash, password }: { hash: string, password: string }) => hash === password,
}

/** The options of Better Auth. The component's schema contains the tables that they need. */
export function createAuthOptions(ctx: GenericCtx<DataModel>) {
  /** Stores a message in a table instead of sending it, so that tests can read it. */
  const send = async (to: string, secret: string): Promise<void> => {
    await requireRunMutationCtx(ctx).runMutation(internal.users.recordMessage, { to, secret })
  }
  return {
    baseURL: process.env.SITE_URL,
    database: authComponent.adapter(ctx),
    emailAndPassword: { enabled: true, requireEmailVerification: false, password: plainPasswords },
    rateLimit: { enabled: false },
    plugins: [
      admin(),
      anonymous({ onLinkAccount: async ({ anonymousUser, newUser }) => await send(newUser.user.email, anonymousUser.user.id) }),
      apiKey({ enableSessionForAPIKeys: true }),
      bearer(),
      deviceAuthorization({ verificationUri: '/device', interval: '5min' }),
      emailOTP({ sendVerificationOTP: async ({ email, otp }) => await send(email, otp) }),
      magicLink({ sendMagicLink: async ({ email, token }) => await send(email, token) }),
      multiSession(),
      oneTimeToken(),
      organization({ sendInvitationEmail: async ({ email, id }) => await send(email, id) }),
      passkey({ rpID: 'localhost', rpName: 'An app', origin: process.env.SITE_URL }),
      phoneNumber({
        sendOTP: async ({ phoneNumber, code }) => await send(phoneNumber, code),
        signUpOnVerification: { getTempEmail: phoneNumber => `${phoneNumber}@phone.example.com` },
      }),
      twoFactor({ issuer: 'An app' }),
      username(),
      convex({ authConfig }),
    ],
  } satisfies BetterAuthOptions
}

export function createAuth(ctx: GenericCtx<DataModel>) {
  return betterAuth(createAuthOptions(ctx))
}
