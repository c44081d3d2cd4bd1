import type { MigrationStatus } from '@convex-dev/migrations'
import { Migrations, runToCompletion } from '@convex-dev/migrations'
import { v } from 'convex/values'
import { components, internal } from './_generated/api'
import { internalAction, internalMutation, internalQuery } from './_generated/server'
import schema from './schema'

const migrations = new Migrations(components.migrations, { schema })

export const assignShelves = migrations.define({
  table: 'books',
  batchSize: 30,
  migrateOne: async (ctx, { number }) => {
    if ((await ctx.db.query('blocked').collect()).some(blocked => blocked.number === number))
      throw new Error(`Book ${number} is lent`)
    return { shelf: `shelf ${number % 10}` }
  },
})

export const measure = migrations.define({
  table: 'books',
  parallelize: true,
  migrateOne: async (ctx, { _id, title }) => await ctx.db.patch(_id, { length: title.length }),
})

/** Migrates only the books whose number is 190 or higher. */
export const renameLast = migrations.define({
  table: 'books',
  batchSize: 4,
  customRange: books => books.withIndex('by_number', q => q.gte('number', 190)),
  migrateOne: (_ctx, { number }) => ({ title: `last ${number}` }),
})

export const run = migrations.runner()
export const runAll = migrations.runner([internal.migrations.assignShelves, internal.migrations.measure])

export const runNow = internalAction({
  args: {},
  handler: async (ctx): Promise<MigrationStatus> => await runToCompletion(ctx, components.migrations, internal.migrations.renameLast),
})

export const status = internalQuery({
  args: {},
  handler: async (ctx): Promise<MigrationStatus[]> => await migrations.getStatus(ctx, { limit: 10 }),
})

export const addBooks = internalMutation({
  args: { count: v.number(), blocked: v.number() },
  handler: async (ctx, { count, blocked }) => {
    for (let number = 0; number < count; number++)
      await ctx.db.insert('books', { number, title: `Volume ${number}` })
    await ctx.db.insert('blocked', { number: blocked })
  },
})

export const unblock = internalMutation({
  args: {},
  handler: async (ctx) => {
    for (const { _id } of await ctx.db.query('blocked').collect())
      await ctx.db.delete(_id)
  },
})

export const books = internalQuery({
  args: {},
  handler: async ctx => await ctx.db.query('books').withIndex('by_number').collect(),
})
