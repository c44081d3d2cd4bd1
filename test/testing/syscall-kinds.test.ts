import type { Deployment } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFolder, removeFolder, writeFunctions } from './functions-folder.ts'

/** Each function makes a system call with the global `Convex`, and returns its result or its error. */
const RAW = `
import { actionGeneric, mutationGeneric, queryGeneric } from 'convex/server'
const raw = async (ctx, { form = 'asyncSyscall', operation, args }) => {
  try {
    const result = await Convex[form](operation, form === 'jsSyscall' ? { blob: new Blob(['text']) } : JSON.stringify(args ?? {}))
    return { result: form === 'jsSyscall' ? 'an id' : JSON.parse(result) }
  }
  catch (error) {
    return { error: error.message }
  }
}
export const query = queryGeneric(raw)
export const mutation = mutationGeneric(raw)
export const action = actionGeneric(raw)
export const nested = mutationGeneric((ctx, args) => ctx.runQuery('raw:query', args))
export const notes = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).length)
export const jobs = queryGeneric(async ctx => (await ctx.db.system.query('_scheduled_functions').collect()).length)
export const files = queryGeneric(async ctx => (await ctx.db.system.query('_storage').collect()).length)
export const add = mutationGeneric(ctx => ctx.db.insert('notes', { text: 'a' }))
export const store = actionGeneric(ctx => ctx.storage.store(new Blob(['kept'])))
`
const { raw } = anyApi as Record<string, any>
const NOTE = { table: 'notes', value: { text: 'by a query' } }
const CALL = { name: 'raw:add', args: {}, version: '1.48.0' }

let folder: string
let deployment: Deployment
beforeAll(async () => {
  folder = await createFolder()
  await writeFunctions(folder, { 'raw.ts': RAW })
  deployment = await startDeployment({ functions: folder })
})
afterAll(async () => {
  await deployment.close()
  await removeFolder(folder)
})

describe('convex.asyncSyscall', () => {
  it('refuses every write of a query, and changes nothing', async () => {
    const id = await deployment.mutation(raw.add, {})
    const storageId = await deployment.action(raw.store, {})
    const job = { ...CALL, ts: 4_000_000_000 }
    const writes = {
      '1.0/insert': NOTE,
      '1.0/shallowMerge': { id, value: { text: 'b' } },
      '1.0/replace': { id, value: { text: 'b' } },
      '1.0/remove': { id },
      '1.0/schedule': job,
      '1.0/cancel_job': { id },
      '1.0/storageDelete': { storageId },
      '1.0/storageGenerateUploadUrl': {},
      '1.0/storageStore': { blob: 'dGV4dA==' },
    }
    for (const [operation, args] of Object.entries(writes)) {
      const refusal = { error: `The system call "${operation}" is not available in queries.` }
      expect(await deployment.query(raw.query, { operation, args })).toEqual(refusal)
      expect(await deployment.mutation(raw.nested, { operation, args })).toEqual(refusal)
    }
    expect(await deployment.query(raw.query, { operation: '1.0/actions/mutation', args: CALL }))
      .toEqual({ error: 'Unknown async operation 1.0/actions/mutation' })
    expect(await deployment.query(raw.query, { operation: '1.0/actions/schedule', args: job }))
      .toEqual({ error: 'Unknown async operation 1.0/actions/schedule' })
    expect(await deployment.query(raw.query, { operation: '1.0/runUdf', args: { ...CALL, udfType: 'mutation' } }))
      .toEqual({ error: 'Cannot call a Mutation function from a Query function' })
    expect(await deployment.query(raw.query, { operation: '1.0/getRequestMetadata' }))
      .toEqual({ error: 'Cannot get request metadata in a Query' })

    const counts = [raw.notes, raw.jobs, raw.files].map(counted => deployment.query(counted, {}))
    expect(await Promise.all(counts)).toEqual([1, 0, 1])
  })

  it('refuses system calls of actions in mutations, and system calls of mutations in actions', async () => {
    for (const operation of ['1.0/actions/query', '1.0/actions/action', '1.0/actions/vectorSearch', '1.0/unknown'])
      expect(await deployment.mutation(raw.mutation, { operation, args: CALL })).toEqual({ error: `Unknown async operation ${operation}` })
    for (const operation of ['1.0/get', '1.0/insert', '1.0/runUdf', '1.0/schedule', '1.0/getTransactionMetrics', '1.0/signJwt', '1.0/storageStore', '1.0/storageGet', 'storage/storeBlob'])
      expect(await deployment.action(raw.action, { operation, args: NOTE })).toEqual({ error: `Unknown async operation ${operation}` })
    expect(await deployment.action(raw.action, { operation: '1.0/auditLog' }))
      .toEqual({ error: 'Audit logging is not yet supported in actions' })
  })
})

describe('convex.syscall', () => {
  it('refuses system calls that return promises, and system calls of mutations in actions', async () => {
    expect(await deployment.mutation(raw.mutation, { form: 'syscall', operation: '1.0/insert', args: NOTE }))
      .toEqual({ error: 'Unknown operation 1.0/insert' })
    expect(await deployment.action(raw.action, { form: 'syscall', operation: '1.0/db/normalizeId' }))
      .toEqual({ error: 'Unknown operation 1.0/db/normalizeId' })
    expect(await deployment.query(raw.query, { operation: '1.0/db/normalizeId' }))
      .toEqual({ error: 'Unknown async operation 1.0/db/normalizeId' })
    expect(await deployment.query(raw.query, { form: 'syscall', operation: '1.0/db/normalizeId', args: { table: 'notes', idString: 'x' } }))
      .toEqual({ result: { id: null } })
  })
})

describe('convex.jsSyscall', () => {
  it('stores files for actions only', async () => {
    const call = { form: 'jsSyscall', operation: 'storage/storeBlob' }
    const refusal = { error: expect.stringContaining('Can\'t use storage.store() in queries and mutations.') }
    const before = await deployment.query(raw.files, {})

    expect(await deployment.query(raw.query, call)).toEqual(refusal)
    expect(await deployment.mutation(raw.mutation, call)).toEqual(refusal)
    expect(await deployment.query(raw.files, {})).toBe(before)
    expect(await deployment.action(raw.action, call)).toEqual({ result: 'an id' })
    expect(await deployment.query(raw.files, {})).toBe(before + 1)
  })
})
