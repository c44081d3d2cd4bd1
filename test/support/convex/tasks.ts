import type { Id } from './_generated/dataModel'
import type { MutationCtx, QueryCtx } from './_generated/server'
import { paginationOptsValidator } from 'convex/server'
import { ConvexError, v } from 'convex/values'
import { mutation, query } from './_generated/server'

async function requireSubject(ctx: QueryCtx | MutationCtx): Promise<string> {
  const identity = await ctx.auth.getUserIdentity()
  if (!identity)
    throw new ConvexError({ code: 'UNAUTHENTICATED' })
  return identity.subject
}

/** The caller's own tasks, oldest first. Throws a `ConvexError` if the caller is anonymous. */
export const list = query({
  args: {},
  handler: async (ctx) => {
    const owner = await requireSubject(ctx)
    return await ctx.db.query('tasks').withIndex('by_owner', q => q.eq('owner', owner)).collect()
  },
})

/** One page of the caller's own tasks, oldest first. Throws a `ConvexError` if the caller is anonymous. */
export const page = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    const owner = await requireSubject(ctx)
    return await ctx.db.query('tasks').withIndex('by_owner', q => q.eq('owner', owner)).paginate(paginationOpts)
  },
})

export const add = mutation({
  args: { text: v.string() },
  returns: v.id('tasks'),
  handler: async (ctx, { text }) => {
    const owner = await requireSubject(ctx)
    return await ctx.db.insert('tasks', { owner, text, done: false })
  },
})

/**
 * Accepts the key of the outbox, as a mutation of `defineOfflineMutation` does, but stores none. `convue/convex` is not
 * imported, since a test compiles this folder without the sources.
 */
export const addOffline = mutation({
  args: { text: v.string(), offlineKey: v.optional(v.string()) },
  handler: async (ctx, { text }) => {
    const owner = await requireSubject(ctx)
    return await ctx.db.insert('tasks', { owner, text, done: false })
  },
})

export const toggle = mutation({
  args: { id: v.id('tasks') },
  handler: async (ctx, { id }) => {
    const task = await ownTask(ctx, id)
    await ctx.db.patch(id, { done: !task.done })
  },
})

export const remove = mutation({
  args: { id: v.id('tasks') },
  handler: async (ctx, { id }) => {
    await ownTask(ctx, id)
    await ctx.db.delete(id)
  },
})

async function ownTask(ctx: MutationCtx, id: Id<'tasks'>) {
  const owner = await requireSubject(ctx)
  const task = await ctx.db.get(id)
  if (!task || task.owner !== owner)
    throw new ConvexError({ code: 'NOT_FOUND' })
  return task
}
