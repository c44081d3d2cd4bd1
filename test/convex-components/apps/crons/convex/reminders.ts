import type { CronInfo } from '@convex-dev/crons'
import { Crons } from '@convex-dev/crons'
import { v } from 'convex/values'
import { components, internal } from './_generated/api'
import { internalAction, internalMutation, mutation, query } from './_generated/server'

const crons = new Crons(components.crons)

export const record = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert('runs', { name, at: Date.now() })
  },
})

export const recordInAction = internalAction({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<void> => {
    await ctx.runMutation(internal.reminders.record, { name })
  },
})

export const registerInterval = mutation({
  args: { name: v.string(), ms: v.number() },
  handler: async (ctx, { name, ms }): Promise<string> =>
    await crons.register(ctx, { kind: 'interval', ms }, internal.reminders.record, { name }, name),
})

export const registerDaily = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<string> =>
    await crons.register(ctx, { kind: 'cron', cronspec: '30 6 * * *', tz: 'Asia/Tokyo' }, internal.reminders.recordInAction, { name }, name),
})

export const remove = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => await crons.delete(ctx, { name }),
})

export const get = query({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<CronInfo | null> => await crons.get(ctx, { name }),
})

export const list = query({
  args: {},
  handler: async (ctx): Promise<(string | undefined)[]> => (await crons.list(ctx)).map(({ name }) => name),
})

export const now = query({ args: {}, handler: async () => Date.now() })

export const runs = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) => (await ctx.db.query('runs').collect()).filter(run => run.name === name).map(({ at }) => at),
})
