import type { GenericMutationCtx } from 'convex/server'
import type { DataModel } from './_generated/dataModel'
import { betterAuth } from 'better-auth'
import { entsTableFactory, getEntDefinitions } from 'convex-ents'
import { v } from 'convex/values'
import { defineAuthDatabase } from '../../../../../src/convex/database/index.ts'
import { internalMutation, internalQuery } from './_generated/server'
import schema from './schema'

export const database = defineAuthDatabase({ schema })

function createAuth(ctx: GenericMutationCtx<DataModel>) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    secret: process.env.BETTER_AUTH_SECRET,
    database: database.adapter(ctx),
    emailAndPassword: { enabled: true, password: { hash: async password => password, verify: async () => true } },
    rateLimit: { enabled: false },
  })
}

const args = { email: v.string() }
const password = 'correct horse battery'

export const signUp = internalMutation({
  args,
  handler: async (ctx, { email }) => {
    await createAuth(ctx).api.signUpEmail({ body: { name: 'A user', email, password } })
  },
})

export const signIn = internalMutation({
  args,
  handler: async (ctx, { email }) => (await createAuth(ctx).api.signInEmail({ body: { email, password } })).user.email,
})

/** Reads the rows of Better Auth as ents. */
export const sessionsOf = internalQuery({
  args,
  handler: async (ctx, { email }) => {
    const table = entsTableFactory(ctx, getEntDefinitions(schema))
    return (await table('user').getX('email', email).edge('sessions')).length
  },
})
