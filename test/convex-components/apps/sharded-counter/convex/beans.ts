import { ShardedCounter } from '@convex-dev/sharded-counter'
import { v } from 'convex/values'
import { components } from './_generated/api'
import { mutation, query } from './_generated/server'

const counter = new ShardedCounter<'beans' | 'peas'>(components.shardedCounter, { shards: { beans: 4 } })
const beans = counter.for('beans')

export const add = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => await beans.add(ctx, count),
})

export const increment = mutation({ args: {}, handler: async ctx => await beans.inc(ctx) })

export const addPeas = mutation({ args: {}, handler: async ctx => await counter.inc(ctx, 'peas') })

export const count = query({
  args: {},
  handler: async ctx => [await beans.count(ctx), await counter.count(ctx, 'peas')],
})

/** Estimates the count as the average of two shards times the number of shards. */
export const estimate = query({ args: {}, handler: async ctx => await beans.estimateCount(ctx, 2) })

export const rebalance = mutation({ args: {}, handler: async ctx => await beans.rebalance(ctx) })

export const reset = mutation({ args: {}, handler: async ctx => await beans.reset(ctx) })
