import type { Deployment } from '../../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApp } from '../start-app.ts'

const files = {
  'schema.ts': `
    import { defineSchema, defineTable } from 'convex/server'
    import { v } from 'convex/values'
    export default defineSchema({ rows: defineTable({ position: v.number() }).index('by_position', ['position']) })`,
  'limits.ts': `
    import { actionGeneric, anyApi, mutationGeneric, queryGeneric } from 'convex/server'

    const MIB = 2 ** 20
    const nested = levels => levels === 0 ? 1 : [nested(levels - 1)]
    const object = fields => Object.fromEntries(Array.from({ length: fields }, (_, index) => ['f' + index, null]))
    const megabytes = count => Array.from({ length: count }, () => 'a'.repeat(MIB))
    const DOCUMENTS = {
      size: () => ({ text: 'a'.repeat(MIB) }),
      nesting: () => ({ value: nested(16) }),
      fields: () => object(1025),
      arrayLength: () => ({ value: Array.from({ length: 8193 }, () => 1) }),
    }

    export const insert = mutationGeneric(async (ctx, { kind }) => { await ctx.db.insert('free', DOCUMENTS[kind]()) })
    export const insertLargest = mutationGeneric(async (ctx) => {
      await ctx.db.insert('free', { text: 'a'.repeat(MIB - 100) })
      await ctx.db.insert('free', { value: nested(15) })
      await ctx.db.insert('free', object(1024))
      await ctx.db.insert('free', { value: Array.from({ length: 8192 }, () => 1) })
    })
    export const fill = mutationGeneric(async (ctx, { count }) => {
      for (let position = 0; position < count; position++)
        await ctx.db.insert('rows', { position })
    })
    export const readAgain = queryGeneric(async (ctx, { times }) => {
      for (let time = 0; time < times; time++)
        await ctx.db.query('rows').collect()
    })
    export const readRanges = queryGeneric(async (ctx, { ranges }) => {
      for (let position = 0; position < ranges; position++)
        await ctx.db.query('rows').withIndex('by_position', q => q.eq('position', position)).first()
    })
    export const writeBytes = mutationGeneric(async (ctx) => {
      for (let count = 0; count < 17; count++)
        await ctx.db.insert('large', { text: 'a'.repeat(MIB - 100) })
    })
    export const writeSome = mutationGeneric(async (ctx) => {
      for (let count = 0; count < 9; count++)
        await ctx.db.insert('large', { text: 'a'.repeat(MIB - 100) })
    })
    export const readBytes = queryGeneric(async ctx => (await ctx.db.query('large').collect()).length)
    export const nothing = mutationGeneric(() => null)
    export const schedule = mutationGeneric(async (ctx, { count }) => {
      for (let index = 0; index < count; index++)
        await ctx.scheduler.runAfter(1e9, anyApi.limits.nothing, {})
    })
    export const scheduleAt = mutationGeneric(async (ctx, { years }) => {
      await ctx.scheduler.runAt(Date.now() + years * 366 * 24 * 60 * 60 * 1000, anyApi.limits.nothing, {})
    })
    export const largeResult = queryGeneric(() => megabytes(17))
    export const largeActionResult = actionGeneric(() => megabytes(17))
    export const passLarge = actionGeneric(async ctx => await ctx.runMutation(anyApi.limits.nothing, { list: megabytes(17) }))
    export const passDeep = actionGeneric(async ctx => await ctx.runMutation(anyApi.limits.nothing, { list: nested(64) }))
    export const deepResult = queryGeneric(() => nested(65))`,
}
const { limits } = anyApi as Record<string, any>

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp(files)
  deployment = app.deployment
  return app.close
})

describe('a document', () => {
  it('may be as large as Convex allows', async () => {
    await deployment.mutation(limits.insertLargest)
  })

  it.each([
    ['size', 'Value is too large (1.00 MiB > maximum size 1 MiB)'],
    ['nesting', 'Document is too nested (nested 17 levels deep > maximum nesting 16)'],
    ['fields', 'Object has too many fields (1025 > maximum number 1024)'],
    ['arrayLength', 'Array length is too long (8193 > maximum length 8192)'],
  ])('is refused if it is larger: %s', async (kind, message) => {
    await expect(deployment.mutation(limits.insert, { kind })).rejects.toThrow(message)
  })
})

describe('a function', () => {
  it('reads at most 32,000 documents', async () => {
    await deployment.mutation(limits.fill, { count: 1000 })
    await deployment.query(limits.readAgain, { times: 32 })
    await expect(deployment.query(limits.readAgain, { times: 33 })).rejects.toThrow('Too many documents read in a single function execution (limit: 32000)')
  })

  it('reads at most 4,096 ranges of indexes', async () => {
    await expect(deployment.query(limits.readRanges, { ranges: 4097 })).rejects.toThrow('Too many reads in a single function execution (limit: 4096)')
  })

  it('reads and writes at most 16 MiB', async () => {
    await expect(deployment.mutation(limits.writeBytes)).rejects.toThrow('Too many bytes written in a single function execution (limit: 16 MiB)')
    await deployment.mutation(limits.writeSome)
    await deployment.mutation(limits.writeSome)
    await expect(deployment.query(limits.readBytes)).rejects.toThrow('Too many bytes read in a single function execution')
  })

  it('schedules at most 1,000 functions, and none more than five years from now', async () => {
    await deployment.mutation(limits.schedule, { count: 1000 })
    await expect(deployment.mutation(limits.schedule, { count: 1001 })).rejects.toThrow('Too many functions scheduled by this mutation (limit: 1000)')
    await expect(deployment.mutation(limits.scheduleAt, { years: 6 })).rejects.toThrow('more than 5 years in the future')
    await expect(deployment.mutation(limits.scheduleAt, { years: -6 })).rejects.toThrow('more than 5 years in the past')
  })

  it('returns and receives at most 16 MiB, nested at most 64 times', async () => {
    await expect(deployment.query(limits.largeResult)).rejects.toThrow('Function limits.js:largeResult return value is too large')
    await expect(deployment.action(limits.largeActionResult)).rejects.toThrow('return value is too large')
    await expect(deployment.action(limits.passLarge)).rejects.toThrow('too large')
    await expect(deployment.query(limits.deepResult)).rejects.toThrow('Value is too nested (nested 65 levels deep > maximum nesting 64)')
    await expect(deployment.action(limits.passDeep)).rejects.toThrow('Value is too nested')
  })
})
