import { ConvexError, v } from 'convex/values'
import { action, mutation, query } from './_generated/server'

const kind = v.union(v.literal('plain'), v.literal('convex'), v.literal('none'))

function fail(kind: 'plain' | 'convex' | 'none'): string {
  if (kind === 'plain')
    throw new Error('a plain failure')
  if (kind === 'convex')
    throw new ConvexError({ code: 'ON_DEMAND', amount: 3n })
  return 'fine'
}

export const failingQuery = query({ args: { kind }, handler: async (_ctx, { kind }) => fail(kind) })
export const failingMutation = mutation({ args: { kind }, handler: async (_ctx, { kind }) => fail(kind) })
export const failingAction = action({ args: { kind }, handler: async (_ctx, { kind }) => fail(kind) })

/** Fails while the value of the counter is odd. So a live query can fail and recover. */
export const failsWhileCounted = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const counter = await ctx.db.query('counters').withIndex('by_name', q => q.eq('name', name)).unique()
    if (counter && counter.value % 2 === 1)
      throw new ConvexError('odd')
    return counter?.value ?? 0
  },
})
