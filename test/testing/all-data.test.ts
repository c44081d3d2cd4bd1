import type { Deployment } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { RawClient } from './raw-client.ts'
import { startTestApp } from './start-app.ts'

const files = {
  'schema.ts': `
    import { defineSchema, defineTable } from 'convex/server'
    import { v } from 'convex/values'
    export default defineSchema({ notes: defineTable({ text: v.string() }), ticks: defineTable({}) })
  `,
  'notes.ts': `
    import { anyApi, internalMutationGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    export const list = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).map(({ text }) => text))
    export const ids = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).map(({ _id }) => _id))
    export const add = mutationGeneric(async (ctx, { text }) => await ctx.db.insert('notes', { text }))
    export const addLater = mutationGeneric(async (ctx, { text }) => await ctx.scheduler.runAfter(60_000, anyApi.notes.add, { text }))
    export const upload = mutationGeneric(async ctx => await ctx.storage.generateUploadUrl())
    export const url = queryGeneric(async (ctx, { id }) => await ctx.storage.getUrl(id))
    export const tick = internalMutationGeneric(async ctx => void await ctx.db.insert('ticks', {}))
    export const ticks = queryGeneric(async ctx => (await ctx.db.query('ticks').collect()).length)
  `,
  'crons.ts': `
    import { anyApi, cronJobs } from 'convex/server'
    const crons = cronJobs()
    crons.interval('tick', { hours: 1 }, anyApi.notes.tick, {})
    export default crons
  `,
}
const notes = anyApi.notes as Record<'list' | 'ids' | 'add' | 'addLater' | 'upload' | 'url' | 'tick' | 'ticks', any>
const HOUR = 3_600_000

async function start(): Promise<Deployment> {
  const { deployment } = await startTestApp(files)
  await eventually(() => deployment.query(notes.ticks)).toBe(1)
  return deployment
}

async function upload(deployment: Deployment, body: string): Promise<string> {
  const response = await fetch(await deployment.mutation(notes.upload), { method: 'POST', body })
  return ((await response.json()) as { storageId: string }).storageId
}

async function subscribe(deployment: Deployment): Promise<RawClient> {
  const client = await RawClient.open(deployment.url)
  client.modify(0, { type: 'Add', queryId: 1, udfPath: 'notes:list', args: [{}] })
  await client.nextOf('Transition')
  return client
}

describe('deployment.export and deployment.import', () => {
  it('restore documents with their ids, and stored files, in one change', async () => {
    const deployment = await start()
    await deployment.mutation(notes.add, { text: 'kept' })
    const id = await upload(deployment, 'a file')
    const ids = await deployment.query(notes.ids)
    const archive = await deployment.export()

    await deployment.mutation(notes.add, { text: 'dropped' })
    const client = await subscribe(deployment)
    await deployment.import(archive)
    expect(await client.nextOf('Transition')).toMatchObject({ modifications: [{ value: ['kept'] }] })
    expect(await deployment.query(notes.ids)).toEqual(ids)
    expect(await (await fetch(await deployment.query(notes.url, { id }))).text()).toBe('a file')
  })

  it('copy the data to another deployment', async () => {
    const [first, second] = [await start(), await start()]
    await first.mutation(notes.add, { text: 'copied' })
    await second.mutation(notes.add, { text: 'replaced' })
    await second.import(await first.export())
    expect(await second.query(notes.list)).toEqual(['copied'])
  })

  it('leave out the files with `files: false`', async () => {
    const deployment = await start()
    const id = await upload(deployment, 'a file')
    const archive = await deployment.export({ files: false })
    await deployment.import(archive)
    expect(await deployment.query(notes.url, { id })).toBe(null)
  })

  it('change nothing if the archive is not a ZIP file or does not match the schema', async () => {
    const deployment = await start()
    await deployment.mutation(notes.add, { text: 'kept' })
    const { deployment: other } = await startTestApp({
      'notes.ts': 'import { mutationGeneric } from \'convex/server\'\nexport const add = mutationGeneric((ctx, args) => ctx.db.insert(\'notes\', args))',
    })
    await other.mutation(notes.add, { text: 1 })
    for (const archive of [new TextEncoder().encode('not an archive'), await other.export()])
      await expect(deployment.import(archive)).rejects.toMatchObject({ code: 'IMPORT_FAILED', why: expect.stringContaining('cannot be imported') })
    expect(await deployment.query(notes.list)).toEqual(['kept'])
  })
})

describe('deployment.wipe', () => {
  it('deletes documents, files and scheduled functions, in one change', async () => {
    const deployment = await start()
    await deployment.mutation(notes.add, { text: 'dropped' })
    await deployment.mutation(notes.addLater, { text: 'never' })
    const id = await upload(deployment, 'a file')
    const client = await subscribe(deployment)

    await deployment.wipe()
    expect(await client.nextOf('Transition')).toMatchObject({ modifications: [{ value: [] }] })
    await deployment.advanceClock(120_000)
    await deployment.settled()
    expect(await deployment.query(notes.list)).toEqual([])
    expect(await deployment.query(notes.url, { id })).toBe(null)
  })

  it('runs a mutation again that was answered before', async () => {
    const deployment = await start()
    const client = await RawClient.open(deployment.url)
    const answers = []
    for (let run = 0; run < 2; run++) {
      client.mutate(0, 'notes:add', { text: 'again' })
      answers.push(await client.nextOf('MutationResponse'))
      await deployment.wipe()
    }
    expect(answers[0].result).not.toBe(answers[1].result)
  })

  it('lets the crons begin as in a new deployment', async () => {
    const deployment = await start()
    await deployment.advanceClock(HOUR)
    await eventually(() => deployment.query(notes.ticks)).toBe(2)
    await deployment.wipe()
    await eventually(() => deployment.query(notes.ticks)).toBe(1)
    await deployment.advanceClock(HOUR)
    await eventually(() => deployment.query(notes.ticks)).toBe(2)
  })
})
