import type { FunctionReturnType } from 'convex/server'
import type { GenericId } from 'convex/values'
import type { Doc as ComponentDoc } from '../convex/apps/functions-component/convex/betterAuth/_generated/dataModel.js'
import type { Doc, Id } from '../convex/apps/functions-local/convex/_generated/dataModel.js'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { describe, expectTypeOf, it } from 'vitest'
import { defineAuthFunctions, hasRole } from '../../src/convex/index.ts'
import { api as componentApi, internal as componentInternal } from '../convex/apps/functions-component/convex/_generated/api.js'
import { getAuth, getSession as getComponentSession, getAuthUser as getComponentUser } from '../convex/apps/functions-component/convex/functions.ts'
import { api } from '../convex/apps/functions-local/convex/_generated/api.js'
import { action, mutation, query } from '../convex/apps/functions-local/convex/_generated/server.js'
import { authedMutation, authedQuery, getAuthUser, getAuthUserId, getSession, isMember, safeGetAuthUser } from '../convex/apps/functions-local/convex/functions.ts'

describe('defineAuthFunctions', () => {
  it('types users and sessions from the data model of the app', () => {
    expectTypeOf(getAuthUser).returns.resolves.toEqualTypeOf<Doc<'user'>>()
    expectTypeOf(safeGetAuthUser).returns.resolves.toEqualTypeOf<Doc<'user'> | null>()
    expectTypeOf(getAuthUserId).returns.resolves.toEqualTypeOf<Id<'user'>>()
    expectTypeOf(getSession).returns.resolves.toEqualTypeOf<Omit<Doc<'session'>, 'token'>>()
  })

  it('types users and sessions from the schema of the component', () => {
    expectTypeOf(getComponentUser).returns.resolves.toEqualTypeOf<ComponentDoc<'user'>>()
    expectTypeOf(getComponentSession).returns.resolves.toEqualTypeOf<Omit<ComponentDoc<'session'>, 'token'>>()
  })

  it('types users from `schema` and `tables`', () => {
    const schema = defineSchema({ users: defineTable({ nickname: v.string() }), session: defineTable({ userId: v.id('users'), token: v.string() }) })
    const builder = (definition: { handler: (ctx: object) => unknown }): unknown => definition
    const helpers = defineAuthFunctions({ query: builder, mutation: builder, action: builder, createAuth: () => ({}) as any, schema, tables: { user: 'users' } })
    expectTypeOf(helpers.getAuthUser).returns.resolves.toHaveProperty('nickname').toEqualTypeOf<string>()
    expectTypeOf(helpers.getSession).returns.resolves.toHaveProperty('userId').toEqualTypeOf<GenericId<'users'>>()
  })

  it('has the helpers that call Better Auth only with `createAuth`', () => {
    const helpers = defineAuthFunctions({ query, mutation, action })
    expectTypeOf(helpers.getAuthUser).returns.resolves.toEqualTypeOf<Doc<'user'>>()
    expectTypeOf(helpers).not.toHaveProperty('getAuth')
    expectTypeOf(helpers).not.toHaveProperty('getHeaders')
    expectTypeOf(helpers).not.toHaveProperty('safeGetHeaders')
    const perhaps = defineAuthFunctions({ query, mutation, action, createAuth: undefined as (() => never) | undefined })
    expectTypeOf(perhaps).not.toHaveProperty('getAuth')
  })

  it('keeps the types of the methods of Better Auth', async () => {
    const { auth, headers } = await getAuth({} as never)
    expectTypeOf(headers).toEqualTypeOf<Headers>()
    const session = (await auth.api.getSession({ headers }))!
    expectTypeOf(session.user.email).toEqualTypeOf<string>()
  })
})

describe('authedQuery', () => {
  it('keeps the types of arguments, results and visibility', () => {
    expectTypeOf(api.notes.add._args).toEqualTypeOf<{ text: string }>()
    expectTypeOf<FunctionReturnType<typeof api.notes.add>>().toEqualTypeOf<Id<'notes'>>()
    expectTypeOf<FunctionReturnType<typeof componentApi.callers.maybeMe>>().toEqualTypeOf<{ name: string | null, hasSession: boolean }>()
    expectTypeOf(componentInternal.callers.whoInternally._visibility).toEqualTypeOf<'internal'>()
    expectTypeOf(componentApi).not.toHaveProperty('whoInternally')
  })

  it('adds the user and the session to the context', () => {
    authedQuery({
      args: {},
      handler: async (ctx) => {
        expectTypeOf(ctx.user).toEqualTypeOf<Doc<'user'>>()
        expectTypeOf(ctx.session).not.toHaveProperty('token')
        expectTypeOf(ctx).not.toHaveProperty('scheduler')
      },
    })
    authedQuery.optional({
      args: {},
      handler: async ({ user, session }) => {
        expectTypeOf(user).toEqualTypeOf<Doc<'user'> | null>()
        expectTypeOf(session).toEqualTypeOf<Omit<Doc<'session'>, 'token'> | null>()
      },
    })
    authedMutation({
      args: {},
      handler: async (ctx) => {
        expectTypeOf(ctx.db.insert).toBeFunction()
        expectTypeOf(ctx.scheduler.runAfter).toBeFunction()
      },
    })
  })

  it('has no optional functions with predicates', () => {
    const forAdmins = authedQuery.allow(hasRole('admin'))
    expectTypeOf(forAdmins).not.toHaveProperty('optional')
    expectTypeOf(forAdmins.allow(hasRole('support'))).not.toHaveProperty('optional')
  })

  it('types the active organization as a string after `isMember({ organization: \'active\' })`', () => {
    authedQuery.allow(hasRole('admin')).allow(isMember({ organization: 'active' }))({
      args: {},
      handler: async ({ session, user }) => {
        expectTypeOf(session.activeOrganizationId).toEqualTypeOf<string>()
        expectTypeOf(session.userId).toEqualTypeOf<Id<'user'>>()
        expectTypeOf(user).toEqualTypeOf<Doc<'user'>>()
      },
    })
    authedQuery.allow(isMember({ organization: args => args.organization, roles: ['owner'] }))({
      args: {},
      handler: async ({ session }) => {
        expectTypeOf(session.activeOrganizationId).toEqualTypeOf<string | undefined>()
      },
    })
  })

  it('types the context of predicates', () => {
    authedQuery.allow(({ user, session }) => {
      expectTypeOf(user.plan).toEqualTypeOf<'free' | 'paid'>()
      expectTypeOf(session.expiresAt).toEqualTypeOf<number>()
      return true
    })
  })
})
