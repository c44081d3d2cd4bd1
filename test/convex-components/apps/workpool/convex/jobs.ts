import type { WorkId } from '@convex-dev/workpool'
import type { DataModel } from './_generated/dataModel'
import { NonRetryableError, vWorkId, Workpool } from '@convex-dev/workpool'
import { ConvexError, v } from 'convex/values'
import { components, internal } from './_generated/api'
import { internalAction, internalMutation, mutation, query } from './_generated/server'

const narrowPool = new Workpool(components.narrowPool, { maxParallelism: 2 })
const retryingPool = new Workpool(components.retryingPool, {
  maxParallelism: 10,
  retryActionsByDefault: true,
  defaultRetryBehavior: { maxAttempts: 3, initialBackoffMs: 100, base: 2 },
})

export const begin = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert('runs', { name, isRunning: true })
    return (await ctx.db.query('runs').withIndex('by_name', q => q.eq('name', name)).collect()).length
  },
})

export const end = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    for (const { _id } of await ctx.db.query('runs').withIndex('by_name', q => q.eq('name', name)).collect())
      await ctx.db.patch(_id, { isRunning: false })
  },
})

/** Takes a minute. */
export const slow = internalAction({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.runMutation(internal.jobs.begin, { name })
    await new Promise(resolve => setTimeout(resolve, 60_000))
    await ctx.runMutation(internal.jobs.end, { name })
  },
})

/** Fails until the run with the given number. */
export const flaky = internalAction({
  args: { name: v.string(), successfulRun: v.number(), error: v.union(v.literal('retryable'), v.literal('final')) },
  handler: async (ctx, { name, successfulRun, error }): Promise<string> => {
    const run: number = await ctx.runMutation(internal.jobs.begin, { name })
    if (run >= successfulRun)
      return `run ${run}`
    if (error === 'final')
      throw new NonRetryableError('There is nothing to repeat')
    throw new ConvexError({ run })
  },
})

const jobContext = v.object({ name: v.string() })

export const completed = retryingPool.defineOnComplete<DataModel, typeof jobContext>({
  context: jobContext,
  handler: async (ctx, { context, result }) => {
    await ctx.db.insert('results', { name: context.name, result })
  },
})

export const enqueueSlow = mutation({
  args: { names: v.array(v.string()) },
  handler: async (ctx, { names }): Promise<WorkId[]> => {
    const args = names.map(name => ({ name }))
    return await narrowPool.enqueueActionBatch(ctx, internal.jobs.slow, args)
  },
})

export const enqueueFlaky = mutation({
  args: { name: v.string(), successfulRun: v.number(), error: v.union(v.literal('retryable'), v.literal('final')), runAfter: v.optional(v.number()) },
  handler: async (ctx, { runAfter = 0, ...args }): Promise<WorkId> => await retryingPool.enqueueAction(ctx, internal.jobs.flaky, args, {
    onComplete: internal.jobs.completed,
    context: { name: args.name },
    runAfter,
  }),
})

/** Enqueues a mutation. */
export const enqueueMutation = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<WorkId> => await retryingPool.enqueueMutation(ctx, internal.jobs.begin, { name }, {
    onComplete: internal.jobs.completed,
    context: { name },
  }),
})

export const cancel = mutation({
  args: { workId: vWorkId },
  handler: async (ctx, { workId }) => await retryingPool.cancel(ctx, workId),
})

export const statuses = query({
  args: { workIds: v.array(vWorkId) },
  handler: async (ctx, { workIds }): Promise<string[]> => (await narrowPool.statusBatch(ctx, workIds)).map(({ state }) => state),
})

export const running = query({
  args: {},
  handler: async ctx => (await ctx.db.query('runs').collect()).filter(({ isRunning }) => isRunning).map(({ name }) => name),
})

export const outcome = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) => ({
    runs: (await ctx.db.query('runs').withIndex('by_name', q => q.eq('name', name)).collect()).length,
    results: (await ctx.db.query('results').collect()).filter(result => result.name === name).map(({ result }) => result),
  }),
})
