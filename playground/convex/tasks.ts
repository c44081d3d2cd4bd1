import type { Id } from './_generated/dataModel'
import type { MutationCtx } from './_generated/server'
import { ConvexError, v } from 'convex/values'
import { mutation, query } from './_generated/server'
import { requireIdentity } from './identity'
import { requireText } from './text'

const task = v.object({
  _id: v.id('tasks'),
  _creationTime: v.number(),
  userId: v.string(),
  text: v.string(),
  done: v.boolean(),
})

export const list = query({
  args: {
    filter: v.union(v.literal('all'), v.literal('open'), v.literal('done')),
  },
  returns: v.array(task),
  handler: async (ctx, { filter }) => {
    const { subject } = await requireIdentity(ctx)
    const tasks = ctx.db.query('tasks')
    const mine = filter === 'all'
      ? tasks.withIndex('by_user', q => q.eq('userId', subject))
      : tasks.withIndex('by_user_and_done', q => q.eq('userId', subject).eq('done', filter === 'done'))
    return await mine.order('desc').take(100)
  },
})

export const add = mutation({
  args: {
    text: v.string(),
  },
  returns: v.id('tasks'),
  handler: async (ctx, { text }) => {
    const { subject } = await requireIdentity(ctx)
    return await ctx.db.insert('tasks', {
      userId: subject,
      text: requireText(text, 120),
      done: false,
    })
  },
})

export const toggle = mutation({
  args: {
    id: v.id('tasks'),
  },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    const { done } = await requireOwnTask(ctx, id)
    await ctx.db.patch(id, { done: !done })
    return null
  },
})

export const remove = mutation({
  args: {
    id: v.id('tasks'),
  },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    await requireOwnTask(ctx, id)
    await ctx.db.delete(id)
    return null
  },
})

/** Another user's task and a removed task cause the same error, so that the error does not reveal which tasks exist. */
async function requireOwnTask(ctx: MutationCtx, id: Id<'tasks'>) {
  const { subject } = await requireIdentity(ctx)
  const found = await ctx.db.get(id)
  if (!found || found.userId !== subject)
    throw new ConvexError({ code: 'NOT_FOUND', message: 'This task does not exist any more.' })
  return found
}
