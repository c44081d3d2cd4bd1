import type { MutationCtx } from './_generated/server'
import { v } from 'convex/values'
import { internal } from './_generated/api'
import { internalMutation, internalQuery, mutation, query } from './_generated/server'

async function add(ctx: MutationCtx, name: string, by: number): Promise<number> {
  const counter = await ctx.db.query('counters').withIndex('by_name', q => q.eq('name', name)).unique()
  const value = (counter?.value ?? 0) + by
  if (counter)
    await ctx.db.patch(counter._id, { value })
  else
    await ctx.db.insert('counters', { name, value })
  return value
}

/** The value of a counter; `0` if it has never been incremented. */
export const get = query({
  args: { name: v.string() },
  returns: v.number(),
  handler: async (ctx, { name }) => {
    const counter = await ctx.db.query('counters').withIndex('by_name', q => q.eq('name', name)).unique()
    return counter?.value ?? 0
  },
})

/** Whether a counter has been incremented. Only the first increment changes the result. */
export const exists = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) =>
    await ctx.db.query('counters').withIndex('by_name', q => q.eq('name', name)).unique() !== null,
})

export const total = query({
  args: {},
  handler: async (ctx) => {
    const counters = await ctx.db.query('counters').collect()
    return counters.reduce((sum, counter) => sum + counter.value, 0)
  },
})

export const increment = mutation({
  args: { name: v.string(), by: v.optional(v.number()) },
  returns: v.number(),
  handler: async (ctx, { name, by }) => await add(ctx, name, by ?? 1),
})

/** Increments a counter, and then fails. The increment must have no effect. */
export const incrementAndFail = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await add(ctx, name, 1)
    throw new Error('the increment failed')
  },
})

/**
 * Increments a counter by 1, and catches the error of a nested mutation that increments it too.
 * Only its own increment must remain.
 */
export const incrementDespiteFailure = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await add(ctx, name, 1)
    await ctx.runMutation(internal.counters.failingIncrement, { name }).catch(() => null)
  },
})

export const failingIncrement = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await add(ctx, name, 100)
    throw new Error('the nested increment failed')
  },
})

/** An internal query, which clients must not be able to call. */
export const secretTotal = internalQuery({
  args: {},
  handler: async (ctx) => {
    const counters = await ctx.db.query('counters').collect()
    return counters.length
  },
})

/** The function of the cron job in `crons.ts`. */
export const tick = internalMutation({
  args: {},
  handler: async (ctx) => {
    await add(ctx, 'cron', 1)
  },
})
