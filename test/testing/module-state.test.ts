import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFunctions } from './functions-folder.ts'

const FILES = {
  'counters.ts': `
    import { actionGeneric, anyApi, mutationGeneric, queryGeneric } from 'convex/server'
    import { next } from './shared/state'
    let count = 0
    export const query = queryGeneric(() => [++count, next()])
    export const mutation = mutationGeneric(async ctx => [++count, next(), await ctx.runQuery(anyApi.counters.query, {})])
    export const action = actionGeneric(async () => {
      const { next: later } = await import('./shared/state')
      return [++count, next(), later()]
    })
    export const fails = mutationGeneric(() => { throw new Error('on demand') })
    export const busy = queryGeneric(async (ctx, { n }) => (await ctx.db.query('notes').collect()).length + n)`,
  'shared/state.ts': 'let count = 10\nexport const next = () => ++count\n',
  'node.ts': `
    'use node'
    import { createHash } from 'node:crypto'
    import { actionGeneric } from 'convex/server'
    let count = 0
    export const action = actionGeneric(() => [++count, createHash('sha256').update('a').digest('hex').slice(0, 4)])`,
  'http.ts': `
    import { httpActionGeneric, httpRouter } from 'convex/server'
    let count = 0
    const http = httpRouter()
    http.route({ path: '/count', method: 'GET', handler: httpActionGeneric(async () => new Response(String(++count))) })
    export default http`,
  'convex.config.ts': 'import { defineApp } from \'convex/server\'\nimport shop from \'./shop/convex.config\'\nconst app = defineApp()\napp.use(shop)\nexport default app\n',
  'shop/convex.config.ts': 'import { defineComponent } from \'convex/server\'\nexport default defineComponent(\'shop\')\n',
  'shop/items.ts': `
    import { queryGeneric } from 'convex/server'
    let count = 0
    export const count_ = queryGeneric(() => ++count)`,
  'inShop.ts': `
    import { componentsGeneric, queryGeneric } from 'convex/server'
    export default queryGeneric(ctx => ctx.runQuery(componentsGeneric().shop.items.count_, {}))`,
}
const { counters, node, inShop } = anyApi as Record<string, any>

async function start(options: DeploymentOptions = {}): Promise<Deployment> {
  const deployment = await startDeployment({ functions: await createFunctions(FILES), ...options })
  onTestFinished(() => deployment.close())
  return deployment
}

/** Calls each function twice. Arguments that differ keep a query from using its result again. */
async function callTwice({ query, mutation, action, siteUrl }: Deployment): Promise<unknown[][]> {
  const calls = [
    (n: number) => query(counters.query, { n }),
    () => mutation(counters.mutation, {}),
    () => action(counters.action, {}),
    () => action(node.action, {}),
    (n: number) => query(inShop.default, { n }),
    async () => await (await fetch(`${siteUrl}/count`)).text(),
  ]
  const results: unknown[][] = []
  for (const call of calls)
    results.push([await call(1), await call(2)])
  return results
}

describe('startDeployment: moduleState', () => {
  it('loses the state of modules after each call if it is fresh', async () => {
    const twice = (result: unknown): unknown[] => [result, result]
    expect(await callTwice(await start({ moduleState: 'fresh' }))).toEqual([
      twice([1, 11]),
      twice([1, 11, [1, 11]]),
      twice([1, 11, 12]),
      // On Convex, too, a process of Node may be used again.
      [[1, 'ca97'], [2, 'ca97']],
      twice(1),
      twice('1'),
    ])
  })

  it('keeps the state of modules by default', async () => {
    const [query, , , inNode, component, http] = await callTwice(await start())
    expect([query, inNode, component, http]).toEqual([[[1, 11], [2, 12]], [[1, 'ca97'], [2, 'ca97']], [1, 2], ['1', '2']])
  })

  it('names the lines of the source files in the stacks of errors', async () => {
    const deployment = await start({ moduleState: 'fresh' })
    await expect(deployment.mutation(counters.fails, {})).rejects.toThrow(/on demand\n {4}at .*counters\.ts:11:/)
  })

  it('runs calls at the same time, each with modules of its own', async () => {
    const deployment = await start({ moduleState: 'fresh' })
    const calls = Array.from({ length: 20 }, (_, n) => deployment.query(counters.busy, { n }))
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 20 }, (_, n) => n))
  })
})
