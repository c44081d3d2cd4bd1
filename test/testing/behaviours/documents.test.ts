import type { Deployment } from '../../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApp } from '../start-app.ts'

const files = {
  'schema.ts': `
    import { defineSchema, defineTable } from 'convex/server'
    import { v } from 'convex/values'
    export default defineSchema({
      notes: defineTable({ text: v.string(), rank: v.optional(v.number()) }).index('by_text_rank', ['text', 'rank']),
      others: defineTable({}),
    })`,
  'notes.ts': `
    import { anyApi, mutationGeneric } from 'convex/server'

    const all = ctx => ctx.db.query('notes')
    const ATTEMPTS = {
      getMissing: (ctx, { missing }) => ctx.db.get(missing),
      patchMissing: (ctx, { missing }) => ctx.db.patch(missing, {}),
      replaceMissing: (ctx, { missing }) => ctx.db.replace(missing, { text: '' }),
      deleteMissing: (ctx, { missing }) => ctx.db.delete(missing),
      getOther: (ctx, { id }) => ctx.db.get('others', id),
      patchOther: (ctx, { id }) => ctx.db.patch('others', id, {}),
      replaceOther: (ctx, { id }) => ctx.db.replace('others', id, {}),
      deleteOther: (ctx, { id }) => ctx.db.delete('others', id),
      getOwn: async (ctx, { id }) => (await ctx.db.get('notes', id)).text,
      insertSystem: ctx => ctx.db.insert('_storage', {}),
      patchSystem: async (ctx) => ctx.db.patch(await ctx.scheduler.runAfter(0, anyApi.notes.attempt, {}), { args: [] }),
      deleteSystem: async (ctx) => ctx.db.delete(await ctx.scheduler.runAfter(0, anyApi.notes.attempt, {})),
      getSystem: async (ctx) => ctx.db.get(await ctx.scheduler.runAfter(0, anyApi.notes.attempt, {})),
      getUserBySystem: (ctx, { id }) => ctx.db.system.get(id),
      querySystem: ctx => ctx.db.query('_storage').collect(),
      queryUserBySystem: ctx => ctx.db.system.query('notes').collect(),
      takeNegative: ctx => all(ctx).take(-1),
      takeFraction: ctx => all(ctx).take(1.5),
      uniqueOfTwo: ctx => all(ctx).unique(),
      uniqueOfNone: ctx => ctx.db.query('others').unique(),
      firstOfNone: ctx => ctx.db.query('others').first(),
      unknownIndex: ctx => all(ctx).withIndex('by_nothing').collect(),
      fieldsOutOfOrder: ctx => all(ctx).withIndex('by_text_rank', q => q.eq('rank', 1)).collect(),
      lowerTwice: ctx => all(ctx).withIndex('by_text_rank', q => q.gt('text', 'a').gte('text', 'b')).collect(),
      orderTwice: ctx => all(ctx).order('asc').order('desc').collect(),
      iterateTwice: async (ctx) => {
        const query = all(ctx).order('desc')
        await query.collect()
        await query.collect()
      },
    }

    export const attempt = mutationGeneric(async (ctx, { name }) => {
      if (name === undefined)
        return
      const id = await ctx.db.insert('notes', { text: 'first' })
      const missing = await ctx.db.insert('notes', { text: 'second' })
      if (name.endsWith('Missing'))
        await ctx.db.delete(missing)
      return await ATTEMPTS[name](ctx, { id, missing })
    })

    export const writeWhileReading = mutationGeneric(async (ctx) => {
      for (let rank = 0; rank < 600; rank++)
        await ctx.db.insert('notes', { text: 'loop', rank })
      const seen = []
      const rows = all(ctx).withIndex('by_text_rank', q => q.eq('text', 'loop'))
      for await (const { _id, rank } of rows) {
        seen.push(rank)
        if (rank === 0)
          await ctx.db.insert('notes', { text: 'loop', rank: 599.5 })
        await ctx.db.delete(_id)
      }
      return { seen, left: (await all(ctx).withIndex('by_text_rank', q => q.eq('text', 'loop')).collect()).length }
    })`,
}
const { notes } = anyApi as Record<string, any>

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp(files)
  deployment = app.deployment
  return app.close
})

describe('ctx.db', () => {
  it.each([
    ['getMissing', null],
    ['getOwn', 'first'],
    ['uniqueOfNone', null],
    ['firstOfNone', null],
  ])('returns a value: %s', async (name, value) => {
    expect(await deployment.mutation(notes.attempt, { name })).toEqual(value)
  })

  it.each([
    ['patchMissing', 'Update on nonexistent document ID'],
    ['replaceMissing', 'Replace on nonexistent document ID'],
    ['deleteMissing', 'Delete on nonexistent document ID'],
    ['getOther', 'Invalid argument `id` for `db.get`'],
    ['patchOther', 'Invalid argument `id` for `db.patch`'],
    ['replaceOther', 'Invalid argument `id` for `db.replace`'],
    ['deleteOther', 'Invalid argument `id` for `db.delete`'],
    ['insertSystem', 'System tables (prefixed with `_`) are read-only.'],
    ['patchSystem', 'System tables (prefixed with `_`) are read-only.'],
    ['deleteSystem', 'System tables (prefixed with `_`) are read-only.'],
    ['getSystem', 'System tables can only be accessed from db.system.get().'],
    ['getUserBySystem', 'User tables can only be accessed from db.get().'],
    ['querySystem', 'System tables can only be accessed from db.system.query().'],
    ['queryUserBySystem', 'User tables can only be accessed from db.query().'],
    ['takeNegative', 'must be a non-negative integer'],
    ['takeFraction', 'must be a non-negative integer'],
    ['uniqueOfTwo', 'unique() query returned more than one result from table notes'],
    ['unknownIndex', 'Index notes.by_nothing not found.'],
    ['fieldsOutOfOrder', 'didn\'t use the index fields in order'],
    ['lowerTwice', 'Already defined lower bound in index range'],
    ['orderTwice', 'Queries may only specify order at most once'],
    ['iterateTwice', 'This query is closed and can\'t emit any more values.'],
  ])('refuses a call: %s', async (name, message) => {
    await expect(deployment.mutation(notes.attempt, { name })).rejects.toThrow(message)
  })

  it('returns each row once to a loop that writes documents while it reads', async () => {
    const { seen, left } = await deployment.mutation(notes.writeWhileReading)
    expect(seen).toEqual([...Array.from({ length: 600 }, (_, rank) => rank), 599.5].sort((one, other) => one - other))
    expect(left).toBe(0)
  })
})
