import type { AuthTableFunctions } from '../../../../../src/convex/index'
import type { DataModel } from './_generated/dataModel'
import { customAction, customCtx, customMutation, customQuery } from 'convex-helpers/server/customFunctions'
import { Triggers } from 'convex-helpers/server/triggers'
import { v } from 'convex/values'
import { defineAuthFunctions } from '../../../../../src/convex/index'
import { internal } from './_generated/api'
import { action, mutation as baseMutation, internalQuery, query } from './_generated/server'

const triggers = new Triggers<DataModel>()

triggers.register('notes', async (ctx, { oldDoc, newDoc }) => {
  const author = (newDoc ?? oldDoc)!.author
  const count = await ctx.db.query('counts').withIndex('by_author', q => q.eq('author', author)).unique()
  const difference = (newDoc ? 1 : 0) - (oldDoc ? 1 : 0)
  if (count)
    await ctx.db.patch(count._id, { notes: count.notes + difference })
  else
    await ctx.db.insert('counts', { author, notes: difference })
})

const functions: AuthTableFunctions = internal.adapter

/** The tests call no function of Better Auth here. */
export function createAuth(): never {
  throw new Error('not needed')
}

export const {
  authedAction,
  authedCtx,
  authedMutation,
  authedQuery,
  getAuthUser,
  getAuthUserId,
  getSession,
  isMember,
  optionalAuthedCtx,
  safeGetAuthUser,
} = defineAuthFunctions({
  query,
  mutation: customMutation(baseMutation, customCtx(triggers.wrapDB)),
  action,
  createAuth,
  functions,
})

/** Without internal functions, actions cannot read the user. */
export const { getAuthUser: getAuthUserWithoutFunctions } = defineAuthFunctions({ query, mutation: baseMutation, action, createAuth })

/** Custom functions of `convex-helpers` that add the user with `authedCtx`. */
export const customAuthedQuery = customQuery(query, customCtx(authedCtx))
export const customOptionalQuery = customQuery(query, customCtx(optionalAuthedCtx))
export const customAuthedAction = customAction(action, customCtx(authedCtx))
export const customInternalQuery = customQuery(internalQuery, customCtx(authedCtx))

/** A custom function with an argument that its handler does not receive. */
export const customPlanMutation = customMutation(baseMutation, {
  args: { plan: v.union(v.literal('free'), v.literal('paid')) },
  input: async (ctx, { plan }) => {
    const caller = await authedCtx(ctx)
    return { ctx: { ...caller, hasPlan: caller.user.plan === plan }, args: {} }
  },
})

/** A custom function of `convex-helpers` that wraps `authedQuery`. */
export const loggedQuery = customQuery(authedQuery, {
  args: { tag: v.string() },
  input: async (_ctx, { tag }) => ({ ctx: { tag }, args: {} }),
})
