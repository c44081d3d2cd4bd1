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

/** A counter's value; `0` for one that was never incremented. */
export const get = query({
  args: { name: v.string() },
  returns: v.number(),
  handler: async (ctx, { name }) => {
    const counter = await ctx.db.query('counters').withIndex('by_name', q => q.eq('name', name)).unique()
    return counter?.value ?? 0
  },
})

/** Whether a counter has been used at all: most increments leave the result as it is. */
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

/** Increments, then fails: nothing of it may stay. */
export const incrementAndFail = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await add(ctx, name, 1)
    throw new Error('the increment failed')
  },
})

/** Increments through a nested mutation that fails, and goes on: only its own increment stays. */
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

/** What the clients may not call. */
export const secretTotal = internalQuery({
  args: {},
  handler: async (ctx) => {
    const counters = await ctx.db.query('counters').collect()
    return counters.length
  },
})

/** What the cron job of `crons.ts` runs. */
export const tick = internalMutation({
  args: {},
  handler: async (ctx) => {
    await add(ctx, 'cron', 1)
  },
})
