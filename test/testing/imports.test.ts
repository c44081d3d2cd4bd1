import type { Deployment } from '../../src/testing/index.ts'
import { Buffer } from 'node:buffer'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/testing/engine/sqlite.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { readZip, writeZip } from '../../src/testing/server/zip.ts'
import { createFunctions } from './functions-folder.ts'
import { add, RawClient } from './raw-client.ts'

const { notes } = anyApi as Record<string, any>

const FILES = {
  'schema.ts': `
    import { defineSchema, defineTable } from 'convex/server'
    import { v } from 'convex/values'
    export default defineSchema({ notes: defineTable({ n: v.number() }).index('by_n', ['n']) }, { strictTableNameTypes: false })`,
  'notes.ts': `
    import { actionGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    export const list = queryGeneric(async ctx => (await ctx.db.query('notes').withIndex('by_n').collect()).map(({ n }) => n))
    export const listOf = queryGeneric(async (ctx, { table }) => await ctx.db.query(table).collect())
    export const put = mutationGeneric((ctx, { table = 'notes', ...fields }) => ctx.db.insert(table, fields))
    export const store = actionGeneric(ctx => ctx.storage.store(new Blob(['kept'])))
    export const files = queryGeneric(async ctx => await Promise.all((await ctx.db.system.query('_storage').collect()).map(({ _id }) => ctx.storage.getUrl(_id))))`,
}

async function start(data?: string): Promise<Deployment> {
  const deployment = await startDeployment({ functions: await createFunctions(FILES), ...data !== undefined && { data } })
  onTestFinished(() => deployment.close())
  return deployment
}

async function request({ url, adminKey }: Deployment, method: 'GET' | 'POST', path: string, body?: unknown): Promise<Response> {
  const isFile = body instanceof Uint8Array
  return await fetch(`${url}/api/${path}`, {
    method,
    headers: { 'authorization': `Convex ${adminKey}`, 'content-type': isFile ? 'application/zip' : 'application/json' },
    ...body !== undefined && { body: (isFile ? body : JSON.stringify(body)) as BodyInit },
  })
}

async function json(deployment: Deployment, path: string, body: unknown): Promise<any> {
  return await (await request(deployment, 'POST', path, body)).json()
}

async function stateOf(deployment: Deployment, importId: string): Promise<any> {
  const { value } = await json(deployment, 'query', { path: '_system/cli/queryImport', args: { importId }, format: 'json' })
  return value.state
}

async function upload(deployment: Deployment, zip: Buffer, mode: string): Promise<string> {
  const { uploadToken } = await json(deployment, 'import/start_upload', {})
  await request(deployment, 'POST', `import/upload_part?uploadToken=${uploadToken}&partNumber=1`, zip)
  const { importId } = await json(deployment, 'import/finish_upload', { import: { mode, format: 'zip' }, uploadToken, partTokens: [] })
  return importId
}

async function importZip(deployment: Deployment, zip: Buffer, mode: string): Promise<any> {
  const importId = await upload(deployment, zip, mode)
  const state = await stateOf(deployment, importId)
  if (state.state === 'failed')
    return state
  await request(deployment, 'POST', 'perform_import', { importId })
  return await stateOf(deployment, importId)
}

async function exportZip(deployment: Deployment): Promise<Buffer> {
  await request(deployment, 'POST', 'export/request/zip?includeStorage=true')
  const { value } = await json(deployment, 'query', { path: '_system/cli/exports:getLatest', args: {}, format: 'convex_encoded_json' })
  const ts = Buffer.from(value.complete_ts.$integer, 'base64').readBigUInt64LE()
  return Buffer.from(await (await request(deployment, 'GET', `export/zip/${ts}`)).arrayBuffer())
}

function archive(tables: Record<string, object[]>): Buffer {
  return writeZip(Object.entries(tables).map(([name, documents]) =>
    ({ name: `${name}/documents.jsonl`, data: Buffer.from(documents.map(document => `${JSON.stringify(document)}\n`).join('')) })))
}

async function put(deployment: Deployment, ...numbers: number[]): Promise<void> {
  for (const n of numbers)
    await deployment.mutation(notes.put, { n })
}

/** The archive of a deployment in which the table `notes` has another number. */
async function exportElsewhere(...numbers: number[]): Promise<Buffer> {
  const functions = await createFunctions({
    ...FILES,
    'schema.ts': FILES['schema.ts'].replace('notes: ', 'first: defineTable({ n: v.number() }), second: defineTable({ n: v.number() }), notes: '),
  })
  const other = await startDeployment({ functions })
  onTestFinished(() => other.close())
  await put(other, ...numbers)
  await other.action(notes.store, {})
  return await exportZip(other)
}

describe('npx convex import', () => {
  it('replaces tables whose ids have another number in one change that clients see', async () => {
    const deployment = await start()
    await put(deployment, 1, 2)
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'notes:list'))
    await client.nextOf('Transition')

    expect(await importZip(deployment, await exportElsewhere(7, 8, 9), 'replaceAll')).toMatchObject({ state: 'completed' })
    await deployment.settled()
    await put(deployment, 10)
    await deployment.settled()

    const results = client.received.filter(({ type }) => type === 'Transition').flatMap(({ modifications }) => modifications.map(({ value }: any) => value))
    expect(results).toEqual([[1, 2], [7, 8, 9], [7, 8, 9, 10]])
    const [url] = await deployment.query(notes.files, {})
    expect(await (await fetch(url)).text()).toBe('kept')
  })

  it('changes nothing if a document is refused, also in other tables and numbers', async () => {
    const data = await mkdtemp(join(tmpdir(), 'convue-import-'))
    onTestFinished(() => rm(data, { recursive: true, force: true }))
    const deployment = await start(data)
    await put(deployment, 1, 2)
    await deployment.action(notes.store, {})
    const entries = readZip(await exportElsewhere(7, 8))
    const broken = writeZip([...entries, { name: 'zebras/documents.jsonl', data: Buffer.from('{"_under":1}\n') }])

    const failed = await importZip(deployment, broken, 'replaceAll')
    expect(failed).toMatchObject({ state: 'failed', error_message: expect.stringContaining('_under') })
    expect(await deployment.query(notes.list, {})).toEqual([1, 2])
    await put(deployment, 3)
    expect(await deployment.query(notes.list, {})).toEqual([1, 2, 3])
    const { value: tables } = await json(deployment, 'query', { path: '_system/cli/tables', args: { paginationOpts: { cursor: null, numItems: 10 } }, format: 'json' })
    expect(tables.page).toEqual([{ name: 'notes' }])
    const [url] = await deployment.query(notes.files, {})
    expect(await (await fetch(url)).text()).toBe('kept')

    await deployment.close()
    const database = openDatabase(join(data, 'deployment.sqlite'))
    onTestFinished(() => database.close())
    expect(database.prepare('SELECT count(*) AS count FROM files').get()).toEqual({ count: 1 })
    expect(database.prepare('SELECT count(*) AS count FROM chunks').get()).toEqual({ count: 1 })
  })

  it('keeps the ids of documents whose table has another name in the archive', async () => {
    const deployment = await start()
    const id = await deployment.mutation(notes.put, { n: 1 })
    const entries = readZip(await exportZip(deployment)).map(({ name, data }) => ({ name: name.replace('notes/', 'renamed/'), data }))

    expect(await importZip(deployment, writeZip(entries), 'replaceAll')).toMatchObject({ state: 'completed' })
    expect(await deployment.query(notes.list, {})).toEqual([])
    expect(await deployment.query(notes.listOf, { table: 'renamed' })).toMatchObject([{ _id: id, n: 1 }])
  })

  it('replaces a document that has the same id, with its entries in all indexes', async () => {
    const deployment = await start()
    const _id = await deployment.mutation(notes.put, { n: 1 })
    await put(deployment, 2)

    expect(await importZip(deployment, archive({ notes: [{ _id, _creationTime: 1, n: 3 }] }), 'append')).toMatchObject({ state: 'completed' })
    expect(await deployment.query(notes.list, {})).toEqual([2, 3])
  })

  it.each([
    ['a name with a blank', { 'bad name': [{ n: 1 }] }, '"bad name" isn\'t a valid table name'],
    ['duplicate ids', { notes: [{ _id: 'x', n: 1 }, { _id: 'x', n: 2 }] }, 'Objects in table "notes" have duplicate _id fields'],
    ['an id of no table', { notes: [{ _id: 'x', n: 1 }] }, '"x" is not an id of the table notes.'],
    ['a document of more than 1 MiB', { large: [{ text: 'a'.repeat(2 ** 20) }] }, 'Value is too large'],
  ])('refuses %s', async (_, tables, message) => {
    const deployment = await start()
    expect(await importZip(deployment, archive(tables), 'append')).toMatchObject({ state: 'failed', error_message: expect.stringContaining(message) })
    expect(await deployment.query(notes.list, {})).toEqual([])
  })

  it('refuses a table that has received documents since the upload', async () => {
    const deployment = await start()
    const importId = await upload(deployment, archive({ notes: [{ n: 1 }] }), 'requireEmpty')
    await put(deployment, 2)

    await request(deployment, 'POST', 'perform_import', { importId })
    expect(await stateOf(deployment, importId)).toMatchObject({ state: 'failed', error_message: expect.stringContaining('Table notes already exists.') })
    expect(await deployment.query(notes.list, {})).toEqual([2])
  })
})
