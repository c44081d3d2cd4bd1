import type { Rules } from 'convex-helpers/server/rowLevelSecurity'
import type { DataModel, Doc } from './_generated/dataModel'
import type { QueryCtx } from './_generated/server'
import { customAction, customCtx, customMutation, customQuery } from 'convex-helpers/server/customFunctions'
import { wrapDatabaseReader, wrapDatabaseWriter } from 'convex-helpers/server/rowLevelSecurity'
import { Triggers } from 'convex-helpers/server/triggers'
import { ConvexError, v } from 'convex/values'
import { internal } from './_generated/api'
import { action as baseAction, mutation as baseMutation, query as baseQuery } from './_generated/server'

const triggers = new Triggers<DataModel>()

triggers.register('notes', async (ctx, { oldDoc, newDoc }) => {
  const owner = (newDoc ?? oldDoc)!.owner
  const count = await ctx.db.query('counts').withIndex('by_owner', q => q.eq('owner', owner)).unique()
  const difference = (newDoc ? 1 : 0) - (oldDoc ? 1 : 0)
  if (count)
    await ctx.db.patch(count._id, { notes: count.notes + difference })
  else
    await ctx.db.insert('counts', { owner, notes: difference })
})

triggers.register('notes', async (_ctx, { newDoc }) => {
  if (newDoc?.text === 'forbidden')
    throw new ConvexError('A trigger refuses this text')
})

triggers.register('users', async (ctx, { id, operation }) => {
  if (operation !== 'delete')
    return
  for await (const note of ctx.db.query('notes').withIndex('by_owner', q => q.eq('owner', id)))
    await ctx.db.delete(note._id)
})

/** A mutation that runs the triggers. */
export const mutation = customMutation(baseMutation, customCtx(triggers.wrapDB))

const rules = {
  notes: {
    read: async ({ user }, note) => note.isPublic || note.owner === user._id,
    modify: async ({ user }, note) => note.owner === user._id,
    insert: async ({ user }, note) => note.owner === user._id,
  },
} satisfies Rules<{ user: Doc<'users'> }, DataModel>

async function authenticate(ctx: QueryCtx, apiKey: string): Promise<Doc<'users'>> {
  const user = await ctx.db.query('users').withIndex('by_key', q => q.eq('apiKey', apiKey)).unique()
  if (!user)
    throw new ConvexError({ code: 'UNAUTHENTICATED' })
  return user
}

/** A query with the argument `apiKey`, which can read only the documents that its user may read. */
export const userQuery = customQuery(baseQuery, {
  args: { apiKey: v.string() },
  input: async (ctx, { apiKey }) => {
    const user = await authenticate(ctx, apiKey)
    return { ctx: { user, db: wrapDatabaseReader({ user }, ctx.db, rules) }, args: {} }
  },
})

/**
 * A mutation with the argument `apiKey`, which runs the triggers, and can write only the documents that its user may
 * write.
 */
export const userMutation = customMutation(baseMutation, {
  args: { apiKey: v.string() },
  input: async (ctx, { apiKey }) => {
    const user = await authenticate(ctx, apiKey)
    const withTriggers = triggers.wrapDB(ctx)
    return { ctx: { user, db: wrapDatabaseWriter({ user }, withTriggers.db, rules) }, args: {} }
  },
})

/**
 * An action that logs its result. Its builder has the option `role`: the role that a caller must
 * have.
 */
export const userAction = customAction(baseAction, {
  args: { apiKey: v.string() },
  input: async (ctx, { apiKey }, { role }: { role: 'reader' | 'admin' }) => {
    const name: string = await ctx.runQuery(internal.notes.nameOf, { apiKey })
    if (role === 'admin' && name !== 'Ada')
      throw new ConvexError({ code: 'FORBIDDEN' })
    return {
      ctx: { name },
      args: { greeting: `Hello ${name}` },
      onSuccess: ({ result }) => console.warn(`The action returned ${String(result)}`),
    }
  },
})
