import { v } from 'convex/values'
import { internalAction, internalMutation, internalQuery } from './_generated/server'
import { createAuth } from './auth'

/** The rows of the tables that a sign-up writes to, and the events of the triggers. */
export const everything = internalQuery({
  args: {},
  handler: async ctx => ({
    users: await ctx.db.query('user').collect(),
    sessions: await ctx.db.query('session').collect(),
    profiles: await ctx.db.query('profiles').collect(),
    events: (await ctx.db.query('events').collect()).map(({ text }) => text),
  }),
})

/** Signs a user up in one transaction. */
export const signUp = internalMutation({
  args: { name: v.string(), email: v.string(), fails: v.optional(v.boolean()) },
  handler: async (ctx, { fails, ...user }) => {
    const { user: { id } } = await createAuth(ctx).api.signUpEmail({ body: { ...user, password: 'correct horse battery' } })
    if (fails)
      throw new Error('The mutation failed.')
    return id
  },
})

const call = { method: v.string(), input: v.any(), onUnindexed: v.optional(v.union(v.literal('refuse'), v.literal('warn'))) }

/** Calls a method of the database adapter. */
async function callAdapter(ctx: Parameters<typeof createAuth>[0], { method, input, onUnindexed }: { method: string, input: any, onUnindexed?: 'refuse' | 'warn' }): Promise<any> {
  const { adapter } = await createAuth(ctx, { onUnindexed }).$context
  return withoutDates(await (adapter as any)[method](input))
}

/** Convex does not have dates. */
function withoutDates(value: any): any {
  if (value instanceof Date)
    return value.getTime()
  if (Array.isArray(value))
    return value.map(withoutDates)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutDates(item)]))
  return value
}

export const inQuery = internalQuery({ args: call, handler: callAdapter })
export const inMutation = internalMutation({ args: call, handler: callAdapter })

/** Creates rows at the same time, and returns the numbers of those that succeed and fail. */
export const createTogether = internalMutation({
  args: { model: v.string(), rows: v.array(v.any()) },
  handler: async (ctx, { model, rows }) => {
    const { adapter } = await createAuth(ctx).$context
    const results = await Promise.allSettled(rows.map(data => adapter.create({ model, data })))
    const created = results.filter(({ status }) => status === 'fulfilled').length
    return { created, refused: results.length - created }
  },
})

/** Calls a method of the database adapter, and counts the functions that it calls. */
export const inAction = internalAction({
  args: call,
  handler: async (ctx, args) => {
    const calls: string[] = []
    const counting = {
      ...ctx,
      runQuery: async (...query: [any, any]) => {
        calls.push('query')
        return await ctx.runQuery(...query)
      },
      runMutation: async (...mutation: [any, any]) => {
        calls.push('mutation')
        return await ctx.runMutation(...mutation)
      },
    } as typeof ctx
    const result: any = await callAdapter(counting, args)
    return { result, calls }
  },
})

/** Adds numbered rows to the table of verifications, in the order of `expiresAt`. */
export const fill = internalMutation({
  args: { rows: v.number() },
  handler: async (ctx, { rows }) => {
    for (let number = 1; number <= rows; number++) {
      await ctx.db.insert('verification', {
        identifier: `row ${number}`,
        value: String(number),
        expiresAt: number,
        createdAt: 0,
        updatedAt: rows - number,
      })
    }
  },
})

/** Adds a session of 500,000 bytes. */
export const addLargeSession = internalMutation({
  args: { userId: v.id('user'), number: v.number() },
  handler: async (ctx, { userId, number }) => {
    const times = { expiresAt: number, createdAt: number, updatedAt: number }
    await ctx.db.insert('session', { ...times, userId, token: `large ${number}`, userAgent: 'a'.repeat(500_000) })
  },
})
