import type { RunId, RunStatus } from '@convex-dev/action-retrier'
import { ActionRetrier, onCompleteValidator, runIdValidator } from '@convex-dev/action-retrier'
import { v } from 'convex/values'
import { components, internal } from './_generated/api'
import { internalAction, internalMutation, mutation, query } from './_generated/server'

const retrier = new ActionRetrier(components.actionRetrier, { initialBackoffMs: 1000, base: 10, maxFailures: 3, logLevel: 'ERROR' })

export const tryOnce = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert('tries', { name, at: Date.now() })
    return (await ctx.db.query('tries').withIndex('by_name', q => q.eq('name', name)).collect()).length
  },
})

export const post = internalAction({
  args: { name: v.string(), failures: v.number() },
  handler: async (ctx, { name, failures }): Promise<string> => {
    const tries: number = await ctx.runMutation(internal.letters.tryOnce, { name })
    if (tries <= failures)
      throw new Error('The post office is closed')
    return `posted with try ${tries}`
  },
})

export const completed = internalMutation({
  args: onCompleteValidator,
  handler: async (ctx, { runId, result }) => {
    await ctx.db.insert('results', { runId, result })
  },
})

export const write = mutation({
  args: { name: v.string(), failures: v.number(), runAfter: v.optional(v.number()) },
  handler: async (ctx, { name, failures, runAfter = 0 }): Promise<RunId> =>
    await retrier.runAfter(ctx, runAfter, internal.letters.post, { name, failures }, { onComplete: internal.letters.completed }),
})

export const cancel = mutation({
  args: { runId: runIdValidator },
  handler: async (ctx, { runId }) => await retrier.cancel(ctx, runId),
})

export const cleanUp = mutation({
  args: { runId: runIdValidator },
  handler: async (ctx, { runId }) => await retrier.cleanup(ctx, runId),
})

export const status = query({
  args: { runId: runIdValidator },
  handler: async (ctx, { runId }): Promise<RunStatus> => await retrier.status(ctx, runId),
})

export const outcome = query({
  args: { name: v.string(), runId: runIdValidator },
  handler: async (ctx, { name, runId }) => ({
    times: (await ctx.db.query('tries').withIndex('by_name', q => q.eq('name', name)).collect()).map(({ at }) => at),
    results: (await ctx.db.query('results').withIndex('by_run', q => q.eq('runId', runId)).collect()).map(({ result }) => result),
  }),
})
