import type { Deployment } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFolder, removeFolder, writeFunctions } from './functions-folder.ts'

const NESTED = `
import { actionGeneric, anyApi, componentsGeneric, mutationGeneric, queryGeneric } from 'convex/server'
const { shop } = componentsGeneric()
const attempt = async call => {
  try {
    return { value: await call() }
  }
  catch (error) {
    return { error: error.message.split('\\n')[0] }
  }
}
export const add = mutationGeneric(async (ctx, { count }) => {
  for (let n = 0; n < count; n++)
    await ctx.db.insert('notes', { n })
  return await ctx.meta.getTransactionMetrics()
})
export const read = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).length)
export const count = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).length)
/** Calls \`add\` with a budget, and writes a document itself afterwards. */
export const addWithin = mutationGeneric(async (ctx, { count, transactionLimits }) => {
  await ctx.db.insert('notes', { of: 'the caller' })
  const nested = await attempt(() => ctx.runMutation(anyApi.nested.add, { count }, { transactionLimits }))
  await ctx.db.insert('notes', { of: 'the caller' })
  const { documentsWritten } = await ctx.meta.getTransactionMetrics()
  return { nested, documentsWritten }
})
export const readWithin = queryGeneric((ctx, { transactionLimits }) =>
  attempt(() => ctx.runQuery(anyApi.nested.read, {}, { transactionLimits })))
export const forward = mutationGeneric((ctx, { count }) => ctx.runMutation(anyApi.nested.add, { count }, { transactionLimits: { documentsWritten: 1000 } }))
export const raise = mutationGeneric(ctx => attempt(() => ctx.runMutation(anyApi.nested.forward, { count: 3 }, { transactionLimits: { documentsWritten: 2 } })))
export const deep = queryGeneric(async (ctx, { depth }) => depth === 0 ? 'end' : await ctx.runQuery(anyApi.nested.deep, { depth: depth - 1 }))
export const schedule = mutationGeneric(async (ctx, { count }) => {
  for (let n = 0; n < count; n++)
    await ctx.scheduler.runAfter(1e9, anyApi.nested.add, { count: 1 })
  return (await ctx.meta.getTransactionMetrics()).functionsScheduled.used
})
export const scheduleInShop = mutationGeneric(async (ctx, { own, inShop }) => {
  await ctx.runMutation(anyApi.nested.schedule, { count: own })
  return await ctx.runMutation(shop.items.schedule, { count: inShop })
})
export const scheduleTwice = actionGeneric(async (ctx, args) =>
  [await ctx.runMutation(anyApi.nested.schedule, args), await ctx.runMutation(anyApi.nested.schedule, args)])
`
const { nested } = anyApi as Record<string, any>

let folder: string
let deployment: Deployment
beforeAll(async () => {
  folder = await createFolder()
  await writeFunctions(folder, {
    'nested.ts': NESTED,
    'convex.config.ts': 'import { defineApp } from \'convex/server\'\nimport shop from \'./shop/convex.config\'\nconst app = defineApp()\napp.use(shop)\nexport default app\n',
    'shop/convex.config.ts': 'import { defineComponent } from \'convex/server\'\nexport default defineComponent(\'shop\')\n',
    'shop/items.ts': `
      import { anyApi, mutationGeneric } from 'convex/server'
      export const nothing = mutationGeneric(() => {})
      export const schedule = mutationGeneric(async (ctx, { count }) => {
        for (let n = 0; n < count; n++)
          await ctx.scheduler.runAfter(1e9, anyApi.items.nothing, {})
      })`,
  })
  deployment = await startDeployment({ functions: folder })
})
afterAll(async () => {
  await deployment.close()
  await removeFolder(folder)
})

describe('the option transactionLimits of ctx.runMutation and ctx.runQuery', () => {
  it('fails a nested call that writes more than its budget, and counts for this call only', async () => {
    const within = await deployment.mutation(nested.addWithin, { count: 2, transactionLimits: { documentsWritten: 2 } })
    expect(within).toMatchObject({
      nested: { value: { documentsWritten: { used: 3, remaining: 0 } } },
      documentsWritten: { used: 4, remaining: 15_996 },
    })
    const over = await deployment.mutation(nested.addWithin, { count: 3, transactionLimits: { documentsWritten: 2 } })
    expect(over).toMatchObject({
      nested: { error: expect.stringContaining('Too many writes in a single function execution') },
      documentsWritten: { remaining: expect.any(Number) },
    })
  })

  it('cannot raise a limit of the caller', async () => {
    expect(await deployment.mutation(nested.raise, {}))
      .toEqual({ error: expect.stringContaining('Too many writes in a single function execution') })
  })

  it('limits the documents that a nested query reads', async () => {
    await deployment.mutation(nested.add, { count: 3 })
    const all = await deployment.query(nested.count, {})
    expect(await deployment.query(nested.readWithin, { transactionLimits: { documentsRead: all } })).toEqual({ value: all })
    expect(await deployment.query(nested.readWithin, { transactionLimits: { documentsRead: all - 1 } }))
      .toEqual({ error: expect.stringContaining('Too many documents read in a single function execution') })
  })

  it('refuses a limit that is not a whole number', async () => {
    expect(await deployment.query(nested.readWithin, { transactionLimits: { documentsRead: -1 } }))
      .toEqual({ error: expect.stringContaining('`documentsRead`') })
  })
})

describe('nested calls', () => {
  it('count for the limits of the function that the client has called, also in components', async () => {
    await expect(deployment.mutation(nested.scheduleInShop, { own: 600, inShop: 401 }))
      .rejects
      .toThrow('Too many functions scheduled by this mutation (limit: 1000)')
    expect(await deployment.mutation(nested.scheduleInShop, { own: 600, inShop: 400 })).toBeNull()
  })

  it('have limits of their own if an action calls them', async () => {
    expect(await deployment.action(nested.scheduleTwice, { count: 600 })).toEqual([600, 600])
  })

  it('are at most eight within each other', async () => {
    expect(await deployment.query(nested.deep, { depth: 8 })).toBe('end')
    await expect(deployment.query(nested.deep, { depth: 9 })).rejects.toThrow('Cross component call depth limit exceeded')
  })
})
