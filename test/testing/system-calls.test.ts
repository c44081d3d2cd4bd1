import type { Deployment } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './start-app.ts'

const files = {
  'schema.ts': `
    import { defineSchema, defineTable } from 'convex/server'
    import { v } from 'convex/values'
    export default defineSchema({
      notes: defineTable({ text: v.string(), tags: v.optional(v.record(v.string(), v.number())) })
        .index('by_text_later', { fields: ['text'], staged: true }),
      images: defineTable({ kind: v.string(), vector: v.optional(v.array(v.float64())) })
        .vectorIndex('by_vector', { vectorField: 'vector', dimensions: 2, filterFields: ['kind'] }),
    })`,
  'notes.ts': `
    import { anyApi, mutationGeneric, queryGeneric } from 'convex/server'
    export const add = mutationGeneric(async (ctx, args) => await ctx.db.insert('notes', args))
    export const addTo = mutationGeneric(async (ctx, { table }) => await ctx.db.insert(table, {}))
    export const get = queryGeneric(async (ctx, { id }) => await ctx.db.get(id))
    export const staged = queryGeneric(async ctx => await ctx.db.query('notes').withIndex('by_text_later').collect())
    export const badTable = queryGeneric(async ctx => await ctx.db.query('bad name').collect())
    export const normalize = queryGeneric(async (ctx, { table, id }) => ctx.db.normalizeId(table, id))
    export const removeTwice = mutationGeneric(async (ctx, { id }) => { await ctx.db.delete(id); await ctx.db.delete(id) })
    export const patch = mutationGeneric(async (ctx, { id, ...fields }) => { await ctx.db.patch(id, fields); return await ctx.db.get(id) })
    export const clear = mutationGeneric(async (ctx, { id }) => { await ctx.db.patch(id, { tags: undefined }); return await ctx.db.get(id) })
    export const times = mutationGeneric(async (ctx) => {
      const ids = [await ctx.db.insert('notes', { text: 'a' }), await ctx.db.insert('notes', { text: 'b' })]
      const [a, b] = await Promise.all(ids.map(id => ctx.db.get(id)))
      return [a._creationTime < b._creationTime, b._creationTime - a._creationTime < 0.001]
    })
    export const meta = mutationGeneric(async ctx => [
      await ctx.meta.getFunctionMetadata(),
      (await ctx.meta.getRequestMetadata()).requestId.length,
      (await ctx.meta.getTransactionMetrics()).documentsRead,
      typeof ctx.meta.getSnapshotTs(),
    ])
    export const fail = mutationGeneric(async () => { throw new Error('a failure') })`,
  'jobs.ts': `
    import { anyApi, actionGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    export const schedule = mutationGeneric(async (ctx, { name, delay = 0, args = {} }) => await ctx.scheduler.runAfter(delay, name, args))
    export const cancel = mutationGeneric(async (ctx, { id }) => { await ctx.scheduler.cancel(id) })
    export const get = queryGeneric(async (ctx, { id }) => await ctx.db.system.get(id))
    export const list = queryGeneric(async ctx => (await ctx.db.system.query('_scheduled_functions').collect()).length)
    export const wait = actionGeneric(async (ctx) => {
      await new Promise(resolve => setTimeout(resolve, 60_000))
      await ctx.scheduler.runAfter(0, anyApi.notes.add, { text: 'of a cancelled action' })
    })`,
  'files.ts': `
    import { actionGeneric, queryGeneric } from 'convex/server'
    export const store = actionGeneric(async (ctx, { text }) => await ctx.storage.store(new Blob([text], { type: 'text/plain' })))
    export const read = actionGeneric(async (ctx, { id }) => await (await ctx.storage.get(id)).text())
    export const metadata = queryGeneric(async (ctx, { id }) => [await ctx.storage.getMetadata(id), await ctx.db.system.get(id)])
    export const url = queryGeneric(async (ctx, { id }) => await ctx.storage.getUrl(id))`,
  'images.ts': `
    import { actionGeneric, mutationGeneric } from 'convex/server'
    export const add = mutationGeneric(async (ctx, args) => await ctx.db.insert('images', args))
    export const similar = actionGeneric(async (ctx, { vector, kind }) =>
      await ctx.vectorSearch('images', 'by_vector', { vector, limit: 2, filter: q => q.eq('kind', kind) }))`,
}
const { notes, jobs, files: storage, images } = anyApi as Record<string, any>

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp(files)
  deployment = app.deployment
  return app.close
})

describe('ctx.db', () => {
  it('refuses an index that is staged, and a table whose name is not valid', async () => {
    await expect(deployment.query(notes.staged, {})).rejects.toThrow('Index notes.by_text_later is currently staged')
    await expect(deployment.query(notes.badTable, {})).rejects.toThrow('Invalid table name: "bad name"')
  })

  it('creates ids in Convex\'s format, and refuses any other string as an id', async () => {
    const id = await deployment.mutation(notes.add, { text: 'x' })
    expect(id).toMatch(/^[0-9a-z]{32}$/)
    await expect(deployment.query(notes.get, { id: 'garbage' })).rejects.toThrow('Invalid argument `id` for `db.get`: Unable to decode ID')
    expect(await deployment.query(notes.normalize, { table: 'notes', id })).toBe(id)
    expect(await deployment.query(notes.normalize, { table: 'images', id })).toBeNull()
    expect(await deployment.query(notes.normalize, { table: 'notes', id: 'garbage' })).toBeNull()
  })

  it('refuses writes to a missing document, to an invalid table, and of invalid fields', async () => {
    const id = await deployment.mutation(notes.add, { text: 'x' })
    await expect(deployment.mutation(notes.removeTwice, { id })).rejects.toThrow(`Delete on nonexistent document ID ${id}`)
    await expect(deployment.mutation(notes.addTo, { table: 'bad name' })).rejects.toThrow('Invalid table name')
    await expect(deployment.mutation(notes.add, { text: 'x', tags: { a: 'b' } })).rejects.toThrow('Path: .tags.values()')
    expect(await deployment.query(notes.get, { id })).toMatchObject({ text: 'x' })
  })

  it('changes and removes fields', async () => {
    const id = await deployment.mutation(notes.add, { text: 'x', tags: { a: 1 } })
    expect(await deployment.mutation(notes.patch, { id, text: 'y' })).toMatchObject({ text: 'y', tags: { a: 1 } })
    expect(await deployment.mutation(notes.clear, { id })).not.toHaveProperty('tags')
  })

  it('gives the documents of one mutation increasing creation times', async () => {
    expect(await deployment.mutation(notes.times)).toEqual([true, true])
  })
})

describe('ctx.meta', () => {
  it('describes the function, the request and the transaction', async () => {
    expect(await deployment.mutation(notes.meta)).toEqual([
      { name: 'notes:meta', componentPath: '', type: 'mutation', visibility: 'public' },
      16,
      { used: 0, remaining: 32_000 },
      'bigint',
    ])
  })
})

describe('ctx.scheduler', () => {
  it('records the states of a job, with the time at which it ended', async () => {
    const id = await deployment.mutation(jobs.schedule, { name: 'notes:fail' })
    await deployment.settled()
    expect(await deployment.query(jobs.get, { id })).toEqual({
      _id: id,
      _creationTime: expect.any(Number),
      name: 'notes.js:fail',
      args: [{}],
      scheduledTime: expect.any(Number),
      completedTime: expect.any(Number),
      state: { kind: 'failed', error: expect.stringContaining('a failure') },
    })
    await deployment.mutation(jobs.cancel, { id })
    expect(await deployment.query(jobs.get, { id })).toMatchObject({ state: { kind: 'failed' } })
  })

  it('refuses a function that does not exist, and a time that is too far ahead', async () => {
    const before = await deployment.query(jobs.list)
    await expect(deployment.mutation(jobs.schedule, { name: 'notes:nothing' })).rejects.toThrow('Could not find function for \'notes.js:nothing\'')
    const delay = 6 * 366 * 24 * 60 * 60 * 1000
    await expect(deployment.mutation(jobs.schedule, { name: 'notes:add', delay })).rejects.toThrow('more than 5 years in the future')
    expect(await deployment.query(jobs.list)).toBe(before)
  })

  it('cancels a running action, and what the action schedules later', async () => {
    const id = await deployment.mutation(jobs.schedule, { name: 'jobs:wait' })
    await expect.poll(async () => (await deployment.query(jobs.get, { id })).state.kind).toBe('inProgress')
    await deployment.mutation(jobs.cancel, { id })
    await deployment.advanceClock(60_000)
    await deployment.settled()
    expect(await deployment.query(jobs.get, { id })).toMatchObject({ state: { kind: 'canceled' }, completedTime: expect.any(Number) })
    expect(deployment.log.some(({ args }) => (args as { text?: string } | null)?.text === 'of a cancelled action')).toBe(false)
  })
})

describe('ctx.storage', () => {
  it('stores, describes and reads a file of an action', async () => {
    const id = await deployment.action(storage.store, { text: 'a text' })
    expect(await deployment.action(storage.read, { id })).toBe('a text')
    expect(await deployment.query(storage.metadata, { id })).toEqual([
      { storageId: id, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), size: 6, contentType: 'text/plain' },
      { _id: id, _creationTime: expect.any(Number), sha256: expect.stringMatching(/=$/), size: 6, contentType: 'text/plain' },
    ])
    await expect(deployment.query(storage.url, { id: 'garbage' })).rejects.toThrow('Invalid argument `storageId` for `storage.getUrl`')
  })
})

describe('ctx.vectorSearch', () => {
  it('finds similar documents, and skips documents without a vector', async () => {
    const near = await deployment.mutation(images.add, { kind: 'a', vector: [1, 0.1] })
    const far = await deployment.mutation(images.add, { kind: 'a', vector: [0, 1] })
    await deployment.mutation(images.add, { kind: 'b', vector: [1, 0] })
    await deployment.mutation(images.add, { kind: 'a' })
    const found = await deployment.action(images.similar, { vector: [1, 0], kind: 'a' })
    expect(found.map(({ _id }: { _id: string }) => _id)).toEqual([near, far])
    await expect(deployment.action(images.similar, { vector: [1], kind: 'a' })).rejects.toThrow('Expected a vector with dimensions 2')
  })
})
