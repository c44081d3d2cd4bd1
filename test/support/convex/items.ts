import { paginationOptsValidator } from 'convex/server'
import { ConvexError, v } from 'convex/values'
import { mutation, query } from './_generated/server'

const list = v.string()

/**
 * All items of a list, in the order of their ranks. All pages together must contain the same items.
 */
export const all = query({
  args: { list },
  handler: async (ctx, { list }) => await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', list)).collect(),
})

/** One page of a list, the lowest rank first. */
export const page = query({
  args: { list, paginationOpts: paginationOptsValidator },
  handler: async (ctx, { list, paginationOpts }) =>
    await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', list)).paginate(paginationOpts),
})

/** One page of a list, the highest rank first. */
export const pageDescending = query({
  args: { list, paginationOpts: paginationOptsValidator },
  handler: async (ctx, { list, paginationOpts }) =>
    await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', list)).order('desc').paginate(paginationOpts),
})

/** One page of the items whose text is `'rare'`. Reads at most `maximumRowsRead` items. */
export const pageOfRare = query({
  args: { list, maximumRowsRead: v.number(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { list, maximumRowsRead, paginationOpts }) =>
    await ctx.db
      .query('items')
      .withIndex('by_list_rank', q => q.eq('list', list))
      .filter(q => q.eq(q.field('text'), 'rare'))
      .paginate({ ...paginationOpts, maximumRowsRead }),
})

/**
 * One page of a list. The counter with the list's name contains the rank at which the list starts. When the counter
 * changes, previous cursors become invalid, because they belong to another query.
 */
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

/**
 * One page of a list. Throws a `ConvexError` if the page contains an item whose text is `'bad'`.
 */
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

/** Adds an item. Throws a `ConvexError` if its text is `'refused'`. */
export const add = mutation({
  args: { list, rank: v.number(), text: v.string() },
  handler: async (ctx, { list, rank, text }) => {
    if (text === 'refused')
      throw new ConvexError('refused')
    return await ctx.db.insert('items', { list, rank, text })
  },
})

/** Adds an item, and returns the first ten ranks of the list, which may include the new item. */
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
