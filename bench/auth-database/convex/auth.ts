import type { AuthAdapter, AuthDatabaseFunctions } from '../../../src/convex/database/index.ts'
import { createClient } from '@convex-dev/better-auth'
import { betterAuth } from 'better-auth'
import { actionGeneric, anyApi, componentsGeneric, mutationGeneric } from 'convex/server'
import { v } from 'convex/values'
import { defineAuthDatabase } from '../../../src/convex/database/index.ts'
import schema from './schema'

const functions: AuthDatabaseFunctions = anyApi.auth as never
export const database = defineAuthDatabase({ schema, functions })
const component = createClient<any>((componentsGeneric() as any).betterAuth)

export const { readAuthTables, writeAuthTables } = database.functions

const adapters: Record<string, (ctx: any) => AuthAdapter> = {
  direct: ctx => database.adapter(ctx),
  component: ctx => component.adapter(ctx) as never,
}

function createAuth(ctx: any, subject: string) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    secret: process.env.BETTER_AUTH_SECRET,
    database: adapters[subject]!(ctx),
    // The hash of a password would take most of the time.
    emailAndPassword: { enabled: true, password: { hash: async password => password, verify: async () => true } },
    rateLimit: { enabled: false },
  })
}

const args = { subject: v.string(), step: v.string(), email: v.string(), cookie: v.optional(v.string()) }

/** Runs one step, and returns the cookie of a sign-in. */
async function run(ctx: any, { subject, step, email, cookie }: { subject: string, step: string, email: string, cookie?: string }): Promise<string | null> {
  const { api } = createAuth(ctx, subject)
  const password = 'correct horse battery'
  if (step === 'sign-up') {
    await api.signUpEmail({ body: { name: 'Ada', email, password } })
    return null
  }
  if (step === 'sign-in') {
    const response = await api.signInEmail({ body: { email, password }, asResponse: true })
    return response.headers.getSetCookie().map(line => line.split(';')[0]).join('; ')
  }
  const session = await api.getSession({ headers: new Headers({ cookie: cookie! }) })
  if (session?.user.email !== email)
    throw new Error('There is no session.')
  return null
}

export const inMutation = mutationGeneric({ args, handler: run })
export const inAction = actionGeneric({ args, handler: run })
