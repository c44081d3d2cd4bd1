import type { GenericCtx } from '@convex-dev/better-auth'
import type { AuthDatabaseFunctions, AuthTableFunctions } from '../../../../../src/convex/index'
import type { DataModel } from './_generated/dataModel'
import { createClient } from '@convex-dev/better-auth'
import { betterAuth } from 'better-auth/minimal'
import { convex, defineAuthDatabase, defineAuthFunctions } from '../../../../../src/convex/index'
import { components, internal } from './_generated/api'
import { action, mutation, query } from './_generated/server'
import schema from './schema'

export const authComponent = createClient<DataModel>(components.betterAuth)

const functions: AuthDatabaseFunctions & AuthTableFunctions = internal.auth
export const database = defineAuthDatabase({ schema, functions })
export const { readAuthTables, writeAuthTables, findOne } = database.functions

/** An app replaces the adapter once the users are copied. */
export function createAuth(ctx: GenericCtx<DataModel>) {
  return betterAuth({
    baseURL: process.env.SITE_URL!,
    database: process.env.MOVED ? database.adapter(ctx) : authComponent.adapter(ctx),
    emailAndPassword: {
      enabled: true,
      // Hashing a password would take 100 ms.
      password: { hash: async password => password, verify: async ({ hash, password }) => hash === password },
    },
    rateLimit: { enabled: false },
    plugins: [convex()],
  })
}

export const { authedQuery } = defineAuthFunctions({ query, mutation, action, createAuth, functions })
