import { mutationGeneric as mutation, queryGeneric as query } from 'convex/server'
import { v } from 'convex/values'

const TEXT = 'A message of some length. '.repeat(3)

/** Inserts rows with consecutive numbers, starting with `from`. */
export const fill = mutation({
  args: { from: v.number(), count: v.number() },
  handler: async (ctx, { from, count }) => {
    for (let n = from; n < from + count; n++)
      await ctx.db.insert('rows', { n, bucket: `b${n % 1000}`, author: 'ada', text: TEXT })
  },
})

export const ids = query({
  args: { from: v.number(), count: v.number() },
  handler: async (ctx, { from, count }) => {
    const rows = await ctx.db.query('rows').withIndex('by_n', q => q.gte('n', from)).take(count)
    return rows.map(({ _id }) => _id)
  },
})

export const get = query({ args: { id: v.id('rows') }, handler: async (ctx, { id }) => await ctx.db.get(id) })

export const one = query({
  args: { n: v.number() },
  handler: async (ctx, { n }) => await ctx.db.query('rows').withIndex('by_n', q => q.eq('n', n)).unique(),
})

/** Reads 100 rows, each by its index. */
export const readMany = mutation({
  args: { from: v.number() },
  handler: async (ctx, { from }) => {
    for (let n = from; n < from + 100; n++)
      await ctx.db.query('rows').withIndex('by_n', q => q.eq('n', n)).unique()
  },
})

export const insert = mutation({
  args: {},
  handler: async ctx => await ctx.db.insert('rows', { n: -1, bucket: 'new', author: 'ada', text: TEXT }),
})
