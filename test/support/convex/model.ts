import type { MutationCtx, QueryCtx } from './_generated/server'
import { paginationOptsValidator } from 'convex/server'
import { v } from 'convex/values'
import { internal } from './_generated/api'
import { action, internalMutation, internalQuery, mutation, query } from './_generated/server'

// The functions of the model-based tests. Each result contains its topic and the user for whom the function ran, by the
// claim `name` of the token.

async function whoIs(ctx: Pick<QueryCtx, 'auth'>): Promise<string> {
  return (await ctx.auth.getUserIdentity())?.name ?? 'anonymous'
}

async function read(ctx: QueryCtx, name: string): Promise<number> {
  return (await ctx.db.query('counters').withIndex('by_name', q => q.eq('name', name)).unique())?.value ?? 0
}

async function count(ctx: MutationCtx, name: string): Promise<number> {
  const counter = await ctx.db.query('counters').withIndex('by_name', q => q.eq('name', name)).unique()
  const value = (counter?.value ?? 0) + 1
  if (counter)
    await ctx.db.patch(counter._id, { value })
  else
    await ctx.db.insert('counters', { name, value })
  return value
}

/** Adds a row at one end of a list. Deletes a row if the list is long. */
async function changeList(ctx: MutationCtx, topic: string, whose: string): Promise<void> {
  const list = `${topic} of ${whose}`
  const value = await count(ctx, list)
  await ctx.db.insert('items', { list, rank: value % 2 === 0 ? value : -value, text: 'a row' })
  const rows = await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', list)).collect()
  if (rows.length > 7)
    await ctx.db.delete(rows[value % 7]!._id)
}

async function failIfRequested(ctx: QueryCtx, topic: string, whose: string): Promise<void> {
  if (await read(ctx, `failures of ${topic}`) % 2 === 1)
    throw new Error(`${whose}'s ${topic} failed`)
}

async function answer(ctx: QueryCtx, topic: string) {
  const whose = await whoIs(ctx)
  await failIfRequested(ctx, topic, whose)
  const count = await read(ctx, `${topic} of ${whose}`)
  return { whose, topic, count, rows: Array.from({ length: 1 + count % 3 }, (_, row) => ({ _id: `${whose} ${topic} ${row}`, whose })) }
}

const args = { topic: v.string() }
export const tasks = query({ args, handler: (ctx, { topic }) => answer(ctx, topic) })
export const secret = query({ args, handler: (ctx, { topic }) => answer(ctx, topic) })

export const page = query({
  args: { of: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { of, paginationOpts }) => {
    const whose = await whoIs(ctx)
    await failIfRequested(ctx, of, whose)
    const result = await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', `${of} of ${whose}`)).paginate(paginationOpts)
    return { ...result, page: result.page.map(({ rank }) => ({ _id: `${of} ${rank}`, rank, text: `${whose}'s ${rank}` })) }
  },
})

/** All rows of a list, in the order in which {@link page} returns them. */
export const rows = internalQuery({
  args,
  handler: async (ctx, { topic }) => {
    const whose = await whoIs(ctx)
    const items = await ctx.db.query('items').withIndex('by_list_rank', q => q.eq('list', `${topic} of ${whose}`)).collect()
    return items.map(({ rank }) => ({ _id: `${topic} ${rank}`, rank, text: `${whose}'s ${rank}` }))
  },
})

/** Changes the data of the caller, and records the call as a message in the channel `model`. */
export const add = mutation({
  args: { topic: v.string(), id: v.number(), owner: v.optional(v.string()) },
  handler: async (ctx, { topic, id, owner }) => {
    const whose = await whoIs(ctx)
    if (owner !== undefined && owner !== whose)
      throw new Error(`${whose}'s addition refused`)
    await ctx.db.insert('messages', { channel: 'model', body: String(id), author: whose })
    await changeList(ctx, topic, whose)
    return whose
  },
})

export const record = internalMutation({
  args: { id: v.number(), whose: v.string() },
  handler: async (ctx, { id, whose }) => {
    await ctx.db.insert('messages', { channel: 'model', body: String(id), author: whose })
  },
})

export const run = action({
  args: { id: v.number() },
  handler: async (ctx, { id }): Promise<string> => {
    const whose = await whoIs(ctx)
    await ctx.runMutation(internal.model.record, { id, whose })
    return whose
  },
})

export const uploadUrl = mutation({ args: { id: v.number() }, handler: async ctx => await ctx.storage.generateUploadUrl() })

/** Changes the data of the caller. The test runs this function with the identity of any user. */
export const change = internalMutation({ args, handler: async (ctx, { topic }) => await changeList(ctx, topic, await whoIs(ctx)) })

/** Switches the failure of a topic on or off. */
export const fail = internalMutation({
  args,
  handler: async (ctx, { topic }) => {
    await count(ctx, `failures of ${topic}`)
  },
})

export const isFailing = internalQuery({ args, handler: async (ctx, { topic }) => await read(ctx, `failures of ${topic}`) % 2 === 1 })
