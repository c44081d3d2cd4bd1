import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { eventually } from '../support/environment/eventually.ts'
import { createFunctions } from './functions-folder.ts'
import { RawClient } from './raw-client.ts'

const files = {
  'notes.ts': `
    import { anyApi, mutationGeneric, queryGeneric } from 'convex/server'
    export const list = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).map(({ text }) => text))
    export const add = mutationGeneric(async (ctx, { text }) => await ctx.db.insert('notes', { text }))
    export const addLater = mutationGeneric(async (ctx, { text }) => await ctx.scheduler.runAfter(60_000, anyApi.notes.add, { text }))
    export const job = queryGeneric(async (ctx, { id }) => await ctx.db.system.get(id))
    export const upload = mutationGeneric(async ctx => await ctx.storage.generateUploadUrl())
    export const url = queryGeneric(async (ctx, { id }) => await ctx.storage.getUrl(id))
  `,
}
const notes = anyApi.notes as Record<'list' | 'add' | 'addLater' | 'job' | 'upload' | 'url', any>

async function createApp(): Promise<DeploymentOptions> {
  const functions = await createFunctions(files)
  return { functions, data: join(functions, '.data') }
}

async function start(options: DeploymentOptions): Promise<Deployment> {
  const deployment = await startDeployment(options)
  onTestFinished(() => deployment.close())
  return deployment
}

describe('startDeployment: data', () => {
  it('keeps documents, files and ids in the folder', async () => {
    const options = await createApp()
    const first = await start(options)
    const id = await first.mutation(notes.add, { text: 'kept' })
    const response = await fetch(await first.mutation(notes.upload), { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a file' })
    const { storageId } = await response.json() as { storageId: string }
    await first.close()

    const second = await start(options)
    expect(await second.query(notes.list)).toEqual(['kept'])
    expect(await second.mutation(notes.add, { text: 'new' })).not.toBe(id)
    const download = await fetch(await second.query(notes.url, { id: storageId }))
    expect([download.headers.get('content-type'), await download.text()]).toEqual(['text/plain', 'a file'])
  })

  it('runs a mutation without a session id although an earlier client sent the same request id', async () => {
    const options = await createApp()
    const first = await start(options)
    const client = await RawClient.open(first.url, null)
    client.mutate(0, 'notes:add', { text: 'first' })
    await client.nextOf('MutationResponse')
    await first.close()

    const second = await start(options)
    const next = await RawClient.open(second.url, null)
    next.mutate(0, 'notes:add', { text: 'second' })
    await next.nextOf('MutationResponse')
    expect(await second.query(notes.list)).toEqual(['first', 'second'])
  })

  it('runs scheduled functions that were due while no deployment used the folder', async () => {
    const options = await createApp()
    const first = await start(options)
    const job = await first.mutation(notes.addLater, { text: 'late' })
    expect(await first.query(notes.job, { id: job })).toMatchObject({ name: 'notes.js:add', args: [{ text: 'late' }], state: { kind: 'pending' } })
    await first.close()

    const second = await start(options)
    expect(await second.query(notes.list)).toEqual([])
    await second.advanceClock(60_000)
    await eventually(() => second.query(notes.list)).toEqual(['late'])
    await second.settled()
    expect(await second.query(notes.job, { id: job })).toMatchObject({ state: { kind: 'success' }, completedTime: expect.any(Number) })
  })

  it('runs a mutation only once if a client sends it again to the next deployment', async () => {
    const options = await createApp()
    const sessionId = crypto.randomUUID()
    const first = await start(options)
    const client = await RawClient.open(first.url, { sessionId })
    client.mutate(7, 'notes:add', { text: 'once' })
    const answer = await client.nextOf('MutationResponse')
    await first.close()

    const second = await start(options)
    const again = await RawClient.open(second.url, { sessionId, connectionCount: 1 })
    again.mutate(7, 'notes:add', { text: 'once' })
    expect(await again.nextOf('MutationResponse')).toEqual(answer)
    expect(await second.query(notes.list)).toEqual(['once'])
  })

  it('refuses a folder that another deployment uses', async () => {
    const options = await createApp()
    await start(options)
    await expect(startDeployment(options)).rejects.toMatchObject({ code: 'FOLDER_IN_USE', why: `Another deployment uses the folder ${options.data}.` })
  })

  it('refuses a folder that another version of Convue has written', async () => {
    const options = await createApp()
    await (await start(options)).close()
    const database = new DatabaseSync(join(options.data!, 'deployment.sqlite'))
    database.exec('PRAGMA user_version = 1000')
    database.close()
    await expect(startDeployment(options)).rejects.toMatchObject({ code: 'DEPLOYMENT_FAILED', why: expect.stringContaining('Another version of Convue') })
  })

  it.each<[string, (folder: string) => Promise<unknown>]>([
    ['the path of a file', folder => writeFile(folder, '')],
    ['a database that is not one', async (folder) => {
      await mkdir(folder)
      await writeFile(join(folder, 'deployment.sqlite'), 'not a database'.repeat(100))
    }],
    ['a secret that cannot be read', folder => mkdir(join(folder, 'better-auth-secret'), { recursive: true })],
  ])('names the folder in the error if it cannot be used: %s', async (_name, prepare) => {
    const options = await createApp()
    await prepare(options.data!)
    await expect(startDeployment(options)).rejects.toMatchObject({ code: 'DEPLOYMENT_FAILED', why: expect.stringContaining(`cannot use the folder ${options.data}`) })
  })

  it('lets only the owner of the folder read its keys', async () => {
    const options = await createApp()
    await start(options)
    const files = (await readdir(options.data!)).filter(name => !name.startsWith('deployment.sqlite'))
    const modes = await Promise.all(files.map(async name => (await stat(join(options.data!, name))).mode & 0o777))
    expect(Object.fromEntries(files.map((name, index) => [name, modes[index]]))).toEqual({ 'admin-key': 0o600, 'better-auth-secret': 0o600 })
  })
})
