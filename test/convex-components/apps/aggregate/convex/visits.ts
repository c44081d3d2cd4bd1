import { DirectAggregate } from '@convex-dev/aggregate'
import { v } from 'convex/values'
import { components } from './_generated/api'
import { mutation, query } from './_generated/server'

/** Counts values that are not in any table. */
const visits = new DirectAggregate<{ Key: [string, number], Id: string }>(components.visits)

/** Adds visits in the background. */
export const add = mutation({
  args: { path: v.string(), times: v.array(v.number()) },
  handler: async (ctx, { path, times }) => await visits.enqueueBatch(ctx, times.map(time => ({
    type: 'insert' as const,
    key: [path, time] as [string, number],
    id: `${path} ${time}`,
  }))),
})

export const count = query({
  args: { path: v.string() },
  handler: async (ctx, { path }) => await visits.count(ctx, { bounds: { prefix: [path] } }),
})

/** Reads the count in a mutation without a conflict with the visits that are being added. */
export const recount = mutation({
  args: { path: v.string() },
  handler: async (ctx, { path }) => await visits.count(ctx, { bounds: { prefix: [path] }, stale: true }),
})
