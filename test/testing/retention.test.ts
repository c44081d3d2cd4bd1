import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/testing/engine/sqlite.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { createFunctions } from './functions-folder.ts'
import { RawClient } from './raw-client.ts'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR

const FILES = {
  'notes.ts': `
    import { actionGeneric, anyApi, mutationGeneric, queryGeneric } from 'convex/server'
    export const count = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).length)
    export const add = mutationGeneric(ctx => ctx.db.insert('notes', {}))
    export const addLater = mutationGeneric((ctx, { delay }) => ctx.scheduler.runAfter(delay, anyApi.notes.add))
    export const job = queryGeneric(async (ctx, { id }) => (await ctx.db.system.get(id))?.state.kind ?? null)
    export const store = actionGeneric(ctx => ctx.storage.store(new Blob(['kept'])))
    export const url = queryGeneric((ctx, { id }) => ctx.storage.getUrl(id))`,
}
const { notes } = anyApi as Record<string, any>

async function start(options: DeploymentOptions): Promise<Deployment> {
  const deployment = await startDeployment(options)
  onTestFinished(() => deployment.close())
  return deployment
}

describe('a deployment that runs for days', () => {
  it('keeps the result of a scheduled function for 7 days', async () => {
    const deployment = await start({ functions: await createFunctions(FILES) })
    const id = await deployment.mutation(notes.addLater, { delay: 0 })
    const later = await deployment.mutation(notes.addLater, { delay: 20 * DAY })
    await deployment.settled()

    await deployment.advanceClock(6 * DAY)
    await deployment.settled()
    expect(await deployment.query(notes.job, { id })).toBe('success')
    await deployment.advanceClock(DAY + 2 * HOUR)
    await deployment.settled()
    expect(await deployment.query(notes.job, { id })).toBeNull()
    expect(await deployment.query(notes.job, { id: later })).toBe('pending')
  })

  it('recognizes a repeated mutation for 7 days after it was first sent', async () => {
    const deployment = await start({ functions: await createFunctions(FILES) })
    const hello = { sessionId: crypto.randomUUID() }
    const send = async (): Promise<void> => {
      const client = await RawClient.open(deployment.url, hello)
      client.mutate(0, 'notes:add', {})
      await client.nextOf('MutationResponse')
    }

    await send()
    await deployment.advanceClock(6 * DAY)
    await send()
    expect(await deployment.query(notes.count, {})).toBe(1)
    await deployment.advanceClock(DAY + 2 * HOUR)
    await deployment.settled()
    await send()
    expect(await deployment.query(notes.count, {})).toBe(2)
  })
})

describe('a deployment that continues with its data', () => {
  it('deletes the contents of files whose storing was interrupted, and no others', async () => {
    const functions = await createFunctions(FILES)
    const data = join(functions, '.data')
    const first = await start({ functions, data })
    const id = await first.action(notes.store, {})
    await first.close()
    const file = join(data, 'deployment.sqlite')
    const database = openDatabase(file)
    database.exec('INSERT INTO files VALUES (\'orphan\', 3); INSERT INTO chunks (file, position, data) VALUES (\'orphan\', 0, \'abc\')')
    database.close()

    const second = await start({ functions, data })
    expect(await (await fetch(await second.query(notes.url, { id }))).text()).toBe('kept')
    await second.close()
    const after = openDatabase(file)
    onTestFinished(() => after.close())
    expect(after.prepare('SELECT count(*) AS count FROM files').get()).toEqual({ count: 1 })
    expect(after.prepare('SELECT count(*) AS count FROM chunks').get()).toEqual({ count: 1 })
  })
})
