import type { Deployment } from '../../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApp, startTestApp } from '../start-app.ts'

const files = {
  'texts/greeting.json': '{ "text": "hello" }',
  'texts/poem.txt': 'roses are red',
  'lib/upper.mts': 'export const upper = (text: string): string => text.toUpperCase()',
  'lib/half.js': 'export const half = number => number / 2',
  'lib/markup.tsx': 'export const markup = (text: string) => ({ text })',
  'imports.ts': `
    import { queryGeneric } from 'convex/server'
    import greeting from './texts/greeting.json'
    import poem from './texts/poem.txt'
    import { half } from './lib/half'
    import { markup } from './lib/markup'
    import { upper } from './lib/upper.mts'
    export const all = queryGeneric(() => [greeting.text, poem, half(3), markup('a').text, upper('a')])`,
  'pages.tsx': 'import { queryGeneric } from \'convex/server\'\nexport const one = queryGeneric(() => 1)',
  'plain.js': 'import { queryGeneric } from \'convex/server\'\nexport const two = queryGeneric(() => 2)',
  'calls.ts': `
    import { actionGeneric, anyApi, mutationGeneric, queryGeneric } from 'convex/server'
    export const globals = queryGeneric(() => ['Buffer', 'require', 'setImmediate', 'WebSocket', 'global'].filter(name => globalThis[name] !== undefined))
    export const processKeys = queryGeneric(() => [Object.keys(process), typeof process.exit, typeof process.chdir, self === globalThis])
    export const exit = queryGeneric(() => process.exit(1))
    export const random = queryGeneric(() => [Math.random(), Math.random()])
    export const add = mutationGeneric(async (ctx) => { await ctx.db.insert('rows', {}) })
    export const count = queryGeneric(async ctx => (await ctx.db.query('rows').collect()).length)
    export const addUnawaited = mutationGeneric((ctx) => {
      void ctx.db.insert('rows', {})
      void ctx.db.insert('rows', {})
    })
    export const callUnawaited = actionGeneric((ctx) => { void ctx.runMutation(anyApi.calls.add, {}) })
    export const reject = actionGeneric(() => { void Promise.reject(new Error('left behind')) })
    export const fetchInQuery = queryGeneric(async () => { await fetch('http://127.0.0.1:1') })
    export const timerInMutation = mutationGeneric(() => { setTimeout(() => {}, 0) })
    export const keyInQuery = queryGeneric(() => crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']))`,
}
const { calls, imports, pages, plain } = anyApi as Record<string, any>

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp(files)
  deployment = app.deployment
  return app.close
})

describe('the functions folder', () => {
  it('may import JSON, texts, TypeScript and JavaScript, and have functions in each kind of file', async () => {
    expect(await deployment.query(imports.all)).toEqual(['hello', 'roses are red', 1.5, 'a', 'A'])
    expect([await deployment.query(pages.one), await deployment.query(plain.two)]).toEqual([1, 2])
  })
})

describe('a function', () => {
  it('does not have the globals of Node', async () => {
    expect(await deployment.query(calls.globals)).toEqual([])
    expect(await deployment.query(calls.processKeys)).toEqual([['env'], 'undefined', 'undefined', true])
    await expect(deployment.query(calls.exit)).rejects.toThrow('process.exit is not a function')
  })

  it('cannot fetch, set a timer or create a key, unless it is an action', async () => {
    for (const [call, what] of [
      [() => deployment.query(calls.fetchInQuery), 'fetch()'],
      [() => deployment.mutation(calls.timerInMutation), 'setTimeout'],
      [() => deployment.query(calls.keyInQuery), 'cryptographic randomness'],
    ] as const)
      await expect(call()).rejects.toThrow(`Can't use ${what} in queries and mutations. Please consider using an action.`)
  })

  it('receives different random numbers in each call and in each run', async () => {
    const draws = [await deployment.query(calls.random), await deployment.query(calls.random)].flat()
    expect(new Set(draws).size).toBe(draws.length)
  })

  it('may not await an operation: a mutation completes it, and an action logs a warning', async () => {
    const before = await deployment.query(calls.count)
    await deployment.mutation(calls.addUnawaited)
    expect(await deployment.query(calls.count)).toBe(before + 2)
    await deployment.action(calls.callUnawaited)
    await deployment.settled()
    expect(deployment.log.findLast(({ name }) => name === 'calls:callUnawaited')?.logLines.join())
      .toContain('1 unawaited operation: [runMutation]. Async operations should be awaited or they might not run.')
  })

  it('does not affect other calls if a promise that it does not await rejects', async () => {
    await deployment.action(calls.reject)
    expect(await deployment.query(calls.count)).toEqual(expect.any(Number))
  })
})

describe('an action in Node', () => {
  it('fails if it ends its process, and later calls succeed', async () => {
    const { deployment } = await startTestApp({
      'node.ts': `
        "use node"
        import { actionGeneric } from 'convex/server'
        export const exit = actionGeneric(() => process.exit(1))
        export const fine = actionGeneric(() => typeof Buffer)`,
    })
    await expect(deployment.action(anyApi.node!.exit!)).rejects.toThrow('The function has ended its process')
    expect(await deployment.action(anyApi.node!.fine!)).toBe('function')
  })
})
