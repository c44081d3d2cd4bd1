import type { GenericActionCtx, GenericMutationCtx, GenericQueryCtx } from 'convex/server'
import type { AuthDatabaseFunctions, AuthDatabaseOptions } from '../../../../../src/convex/database/index.ts'
import type { DataModel } from './_generated/dataModel'
import { betterAuth } from 'better-auth'
import { defineAuthDatabase } from '../../../../../src/convex/database/index.ts'
import { internal } from './_generated/api'
import schema from './schema'

const functions: AuthDatabaseFunctions = internal.auth

const options = {
  schema,
  functions,
  triggers: {
    user: {
      beforeCreate: (_ctx, { name }) => ({ name: name.trim() }),
      onCreate: async (ctx, user) => {
        await ctx.db.insert('profiles', { userId: user._id, nickname: user.name.toLowerCase() })
        if (user.name === 'Refused')
          throw new Error('This name is refused.')
      },
      beforeUpdate: async (ctx, { email }, changes) => {
        await ctx.db.insert('events', { text: `changing ${email} to ${changes.email}` })
        return { name: changes.name?.trim() }
      },
      onUpdate: async (ctx, { email }, previous) => {
        await ctx.db.insert('events', { text: `changed ${previous.email} to ${email}` })
      },
      beforeDelete: async (ctx, { _id, email }) => {
        const user = await ctx.db.get(_id)
        await ctx.db.insert('events', { text: `deleting ${email}, which ${user ? 'exists' : 'is gone'}` })
      },
      onDelete: async (ctx, { _id, email }) => {
        const user = await ctx.db.get(_id)
        await ctx.db.insert('events', { text: `deleted ${email}, which ${user ? 'exists' : 'is gone'}` })
      },
    },
    session: {
      onDelete: async (ctx, { userId }) => {
        const user = await ctx.db.get(userId)
        if (!user)
          await ctx.db.insert('events', { text: 'deleted a session of a deleted user' })
        for (const session of user?.name === 'One session' ? await ctx.db.query('session').withIndex('by_userId', q => q.eq('userId', userId)).collect() : [])
          await ctx.db.delete(session._id)
      },
    },
  },
} satisfies AuthDatabaseOptions<typeof schema>

export const database = defineAuthDatabase(options)
export const { readAuthTables, writeAuthTables, findOne } = database.functions

type AnyCtx = GenericQueryCtx<DataModel> | GenericMutationCtx<DataModel> | GenericActionCtx<DataModel>

/** Hashes take most of the time of a sign-up, and the tests have no secrets. */
const plainPasswords = {
  hash: async (password: string) => password,
  verify: async ({ hash, password }: { hash: string, password: string }) => hash === password,
}

export function createAuth(ctx: AnyCtx, { onUnindexed }: Pick<AuthDatabaseOptions<typeof schema>, 'onUnindexed'> = {}) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    secret: process.env.BETTER_AUTH_SECRET,
    database: (onUnindexed ? defineAuthDatabase({ ...options, onUnindexed }) : database).adapter(ctx),
    emailAndPassword: { enabled: true, password: plainPasswords },
    user: {
      additionalFields: {
        invitedBy: { type: 'string', required: false, references: { model: 'user', field: 'id', onDelete: 'set null' } },
      },
    },
    rateLimit: { enabled: false },
  })
}
