import type { GenericActionCtx, GenericMutationCtx } from 'convex/server'
import type { AuthDatabaseFunctions } from '../../../../../src/convex/database/index.ts'
import type { DataModel } from './_generated/dataModel'
import { betterAuth } from 'better-auth'
import { customCtx, customMutation } from 'convex-helpers/server/customFunctions'
import { Triggers } from 'convex-helpers/server/triggers'
import { v } from 'convex/values'
import { defineAuthDatabase } from '../../../../../src/convex/database/index.ts'
import { internal } from './_generated/api'
import { internalAction, internalMutation, internalQuery } from './_generated/server'
import schema from './schema'

/** Records each change of these tables, as an aggregate would count them. */
const triggers = new Triggers<DataModel>()
for (const table of ['user', 'session'] as const) {
  triggers.register(table, async (ctx, { operation }) => {
    await ctx.innerDb.insert('changes', { table, operation })
  })
}

const functions: AuthDatabaseFunctions = internal.auth

export const database = defineAuthDatabase({
  schema,
  functions,
  mutation: customMutation(internalMutation, customCtx(triggers.wrapDB)),
  triggers: {
    user: {
      onCreate: (_ctx, { email }) => {
        if (email.startsWith('refused'))
          throw new Error('This address is refused.')
      },
    },
  },
})
export const { readAuthTables, writeAuthTables } = database.functions

function createAuth(ctx: GenericMutationCtx<DataModel> | GenericActionCtx<DataModel>) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    secret: process.env.BETTER_AUTH_SECRET,
    database: database.adapter(ctx),
    emailAndPassword: { enabled: true, password: { hash: async password => password, verify: async () => true } },
    rateLimit: { enabled: false },
  })
}

const args = { email: v.string(), fails: v.optional(v.boolean()) }

async function signUp(ctx: Parameters<typeof createAuth>[0], { email, fails }: { email: string, fails?: boolean }): Promise<void> {
  await createAuth(ctx).api.signUpEmail({ body: { name: 'A user', email, password: 'correct horse battery' } })
  if (fails)
    throw new Error('The mutation failed.')
}

export const inMutation = internalMutation({ args, handler: signUp })
export const inAction = internalAction({ args, handler: signUp })

/** A mutation that catches the error of a sign-up, so that the mutation itself succeeds. */
export const catching = internalMutation({
  args: { email: v.string() },
  handler: async (ctx, args): Promise<string> => await signUp(ctx, args).then(() => 'signed up', () => 'refused'),
})

export const changes = internalQuery({
  args: {},
  handler: async ctx => (await ctx.db.query('changes').collect()).map(({ table, operation }) => `${operation} ${table}`),
})
