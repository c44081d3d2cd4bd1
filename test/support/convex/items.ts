import { paginationOptsValidator } from 'convex/server'
import { ConvexError, v } from 'convex/values'
import { mutation, query } from './_generated/server'

const list = v.string()

/** A whole list, by rank: what all of its pages have to amount to. */
export const all = query({
  args: { list },
  handler: async (ctx, { list }) => await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', list)).collect(),
})

/** One page of a list, by rank. */
export const page = query({
  args: { list, paginationOpts: paginationOptsValidator },
  handler: async (ctx, { list, paginationOpts }) =>
    await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', list)).paginate(paginationOpts),
})

/** One page of a list, by rank, the highest first. */
export const pageDescending = query({
  args: { list, paginationOpts: paginationOptsValidator },
  handler: async (ctx, { list, paginationOpts }) =>
    await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', list)).order('desc').paginate(paginationOpts),
})

/** One page of those items whose text is `'rare'`, that reads `maximumRowsRead` items at most. */
export const pageOfRare = query({
  args: { list, maximumRowsRead: v.number(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { list, maximumRowsRead, paginationOpts }) =>
    await ctx.db
      .query('items')
      .withIndex('by_list_rank', q => q.eq('list', list))
      .filter(q => q.eq(q.field('text'), 'rare'))
      .paginate({ ...paginationOpts, maximumRowsRead }),
})

/** One page of a list, from the rank on that the counter of its name says: cursors from before the counter changed belong to another query. */
export const pageFromCounter = query({
  args: { list, paginationOpts: paginationOptsValidator },
  handler: async (ctx, { list, paginationOpts }) => {
    const counter = await ctx.db.query('counters').withIndex('by_name', q => q.eq('name', list)).unique()
    return await ctx.db
      .query('items')
      .withIndex('by_list_rank', q => q.eq('list', list).gte('rank', counter?.value ?? 0))
      .paginate(paginationOpts)
  },
})

/** One page of a list; a `ConvexError` if there is an item in it whose text is `'bad'`. */
export const pageWithoutBad = query({
  args: { list, paginationOpts: paginationOptsValidator },
  handler: async (ctx, { list, paginationOpts }) => {
    const result = await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', list)).paginate(paginationOpts)
    if (result.page.some(({ text }) => text === 'bad'))
      throw new ConvexError('bad')
    return result
  },
})

/** Removes and inserts items in one transaction. */
export const change = mutation({
  args: { list, remove: v.optional(v.array(v.id('items'))), insert: v.optional(v.array(v.number())) },
  handler: async (ctx, { list, remove = [], insert = [] }) => {
    for (const id of remove)
      await ctx.db.delete(id)
    for (const rank of insert)
      await ctx.db.insert('items', { list, rank, text: `item ${rank}` })
  },
})

/** A `ConvexError` if the text is `'refused'`. */
export const add = mutation({
  args: { list, rank: v.number(), text: v.string() },
  handler: async (ctx, { list, rank, text }) => {
    if (text === 'refused')
      throw new ConvexError('refused')
    return await ctx.db.insert('items', { list, rank, text })
  },
})

/** Adds an item and returns the first ranks of the list, its own included. */
export const addAndPage = mutation({
  args: { list, rank: v.number() },
  handler: async (ctx, { list, rank }) => {
    await ctx.db.insert('items', { list, rank, text: 'added' })
    const { page } = await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', list)).paginate({ numItems: 10, cursor: null })
    return page.map(item => item.rank)
  },
})

export const edit = mutation({
  args: { id: v.id('items'), text: v.string() },
  handler: async (ctx, { id, text }) => {
    await ctx.db.patch(id, { text })
  },
})
