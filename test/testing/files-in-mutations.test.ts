import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/testing/engine/sqlite.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { createFunctions } from './functions-folder.ts'

const FILES = {
  'files.ts': `
    import { anyApi, mutationGeneric, queryGeneric } from 'convex/server'
    export const store = mutationGeneric(async (ctx, { text, sha256 }) => {
      const id = await ctx.storage.store(new Blob([text], { type: 'text/plain' }), { sha256 })
      const file = await ctx.storage.get(id)
      const { filesWritten, fileWriteBytes, filesRead, fileReadBytes } = await ctx.meta.getTransactionMetrics()
      return { id, text: await file.text(), type: file.type, used: [filesWritten, fileWriteBytes, filesRead, fileReadBytes].map(({ used }) => used) }
    })
    export const storeAndFail = mutationGeneric(async (ctx) => {
      await ctx.storage.store(new Blob(['lost']))
      throw new Error('on demand')
    })
    export const storeNested = mutationGeneric(async (ctx) => {
      await ctx.runMutation(anyApi.files.storeAndFail, {}).catch(() => {})
      return await ctx.storage.store(new Blob(['kept']))
    })
    export const storeWithin = mutationGeneric((ctx, { transactionLimits }) =>
      ctx.runMutation(anyApi.files.store, { text: 'four' }, { transactionLimits }))
    export const list = queryGeneric(async ctx => await Promise.all((await ctx.db.system.query('_storage').collect()).map(({ _id }) => ctx.storage.getUrl(_id))))`,
}
const { files } = anyApi as Record<string, any>

/** Starts a deployment, and returns how many contents of files it has kept after it has been closed. */
async function start(): Promise<{ deployment: Deployment, countContents: () => Promise<unknown> }> {
  const functions = await createFunctions(FILES)
  const data = join(functions, '.data')
  const deployment = await startDeployment({ functions, data })
  onTestFinished(() => deployment.close())
  const countContents = async (): Promise<unknown> => {
    await deployment.close()
    const database = openDatabase(join(data, 'deployment.sqlite'))
    onTestFinished(() => database.close())
    return database.prepare('SELECT count(*) AS count FROM files').get()!.count
  }
  return { deployment, countContents }
}

async function textsOf(deployment: Deployment): Promise<string[]> {
  const urls: string[] = await deployment.query(files.list, {})
  return await Promise.all(urls.map(async url => await (await fetch(url)).text()))
}

describe('ctx.storage.store and ctx.storage.get in a mutation', () => {
  it('store and read a file, and count for the transaction', async () => {
    const { deployment, countContents } = await start()
    expect(await deployment.mutation(files.store, { text: 'four' })).toEqual({
      id: expect.any(String),
      text: 'four',
      type: 'text/plain',
      used: [1, 4, 1, 4],
    })
    expect(await textsOf(deployment)).toEqual(['four'])
    expect(await countContents()).toBe(1)
  })

  it('leave no content if the mutation or a nested mutation fails', async () => {
    const { deployment, countContents } = await start()
    await expect(deployment.mutation(files.storeAndFail, {})).rejects.toThrow('on demand')
    await deployment.mutation(files.storeNested, {})
    await expect(deployment.mutation(files.store, { text: 'four', sha256: 'wrong' })).rejects.toThrow('Sha256 mismatch')
    expect(await textsOf(deployment)).toEqual(['kept'])
    expect(await countContents()).toBe(1)
  })

  it('are limited by transactionLimits', async () => {
    const { deployment } = await start()
    expect(await deployment.mutation(files.storeWithin, { transactionLimits: { fileWriteBytes: 4 } })).toMatchObject({ text: 'four' })
    await expect(deployment.mutation(files.storeWithin, { transactionLimits: { fileWriteBytes: 3 } })).rejects.toThrow('Too many bytes of files written')
  })
})
