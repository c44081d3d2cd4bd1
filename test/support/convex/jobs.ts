import type { Id } from './_generated/dataModel'
import { v } from 'convex/values'
import { api, internal } from './_generated/api'
import { action, internalAction, internalQuery, mutation, query } from './_generated/server'

/** Schedules a message, and returns the id of the scheduled function. */
export const sendLater = mutation({
  args: { channel: v.string(), body: v.string(), delayMs: v.number() },
  handler: async (ctx, { channel, body, delayMs }): Promise<Id<'_scheduled_functions'>> =>
    await ctx.scheduler.runAfter(delayMs, api.messages.send, { channel, body }),
})

/** Schedules a message, and then fails. The message must never be sent. */
export const sendLaterAndFail = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    await ctx.scheduler.runAfter(0, api.messages.send, { channel, body: 'of a failed mutation' })
    throw new Error('after scheduling')
  },
})

export const cancel = mutation({
  args: { job: v.id('_scheduled_functions') },
  handler: async (ctx, { job }) => {
    await ctx.scheduler.cancel(job)
  },
})

/**
 * The state of a scheduled function: `pending`, `inProgress`, `success`, `failed` or `canceled`.
 */
export const state = query({
  args: { job: v.id('_scheduled_functions') },
  handler: async (ctx, { job }) => (await ctx.db.system.get(job))?.state.kind ?? null,
})

/** An action that reads, writes and schedules as its caller. */
export const relay = action({
  args: { channel: v.string(), body: v.string() },
  handler: async (ctx, { channel, body }): Promise<{ before: number, subject: string | null }> => {
    const before: unknown[] = await ctx.runQuery(api.messages.list, { channel })
    await ctx.runMutation(api.messages.send, { channel, body })
    await ctx.scheduler.runAfter(0, internal.jobs.background, { channel, body: `${body}, scheduled` })
    return { before: before.length, subject: (await ctx.auth.getUserIdentity())?.subject ?? null }
  },
})

export const background = internalAction({
  args: { channel: v.string(), body: v.string() },
  handler: async (ctx, { channel, body }): Promise<void> => {
    await ctx.runMutation(api.messages.send, { channel, body })
  },
})

export const secret = internalQuery({ args: {}, handler: async () => 'for functions only' })

/** A public query that runs an internal query. */
export const revealed = query({
  args: {},
  handler: async (ctx): Promise<string> => `revealed: ${await ctx.runQuery(internal.jobs.secret, {})}`,
})

/** Resolves after `ms` milliseconds on the deployment's clock, with the time of that clock. */
export const wait = action({
  args: { ms: v.number() },
  handler: async (_ctx, { ms }) => {
    await new Promise(resolve => setTimeout(resolve, ms))
    return new Date().toISOString()
  },
})
