import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { codegen, startDeployment } from '../../src/testing/index.ts'
import { FUNCTIONS } from '../support/live/deployment.ts'
import { createFunctions } from './functions-folder.ts'

const component = {
  'convex.config.ts': `
    import { defineApp } from 'convex/server'
    import counter from './counter/convex.config'
    const app = defineApp()
    app.use(counter)
    app.use(counter, { name: 'second' })
    export default app`,
  'counter/convex.config.ts': `
    import { defineComponent } from 'convex/server'
    export default defineComponent('counter')`,
  'counter/store.ts': `
    import { v } from 'convex/values'
    import { mutation, query } from './_generated/server'
    export const add = mutation({ args: { by: v.number() }, handler: async (ctx, { by }) => { await ctx.db.insert('adds', { by }) } })
    import { readTotals } from '../numbers'
    export const total = query({ args: {}, handler: async ctx => (await ctx.db.query('adds').collect()).reduce((sum, { by }) => sum + by, 0) })
    // A component may use a module of the app that uses the component.
    export const functions = query({ args: {}, handler: async () => typeof readTotals })`,
  'counter/schema.ts': `
    import { defineSchema, defineTable } from 'convex/server'
    import { v } from 'convex/values'
    export default defineSchema({ adds: defineTable({ by: v.number() }) })`,
  'numbers.ts': `
    import { v } from 'convex/values'
    import { components } from './_generated/api'
    import type { QueryCtx } from './_generated/server'
    import { mutation, query } from './_generated/server'
    export const add = mutation({ args: { by: v.number() }, handler: async (ctx, { by }) => {
      await ctx.runMutation(components.counter.store.add, { by })
      await ctx.runMutation(components.second.store.add, { by: 10 * by })
    } })
    export const readTotals = async (ctx: QueryCtx) => [
      await ctx.runQuery(components.counter.store.total, {}),
      await ctx.runQuery(components.second.store.total, {}),
    ]
    export const totals = query({ args: {}, handler: async (ctx): Promise<number[]> => await readTotals(ctx) })
    export const total = query({ args: {}, returns: v.number(), handler: async (ctx): Promise<number> => await ctx.runQuery(components.counter.store.total, {}) })`,
}

describe('codegen', () => {
  it('writes the same files as those that are committed for the fixture app', async () => {
    const read = async (): Promise<string[]> => await Promise.all((await readdir(join(FUNCTIONS, '_generated'))).sort().map(name => readFile(join(FUNCTIONS, '_generated', name), 'utf8')))
    const before = await read()
    await codegen({ functions: FUNCTIONS })
    expect(await read()).toEqual(before)
    expect(await readdir(join(FUNCTIONS, '_generated'))).toEqual(['api.d.ts', 'api.js', 'dataModel.d.ts', 'dataModel.js', 'server.d.ts', 'server.js'])
  })

  it('types functions, documents and components, so that mistakes are type errors', async () => {
    const folder = await createFunctions({
      ...component,
      // This file is not a module of the functions: Convex ignores names with several dots.
      'use.check.ts': `
        import type { FunctionReference, FunctionReturnType } from 'convex/server'
        import { api, components, internal } from './_generated/api'
        const total: FunctionReturnType<typeof api.numbers.total> = 1
        const nested: FunctionReturnType<typeof components.counter.store.total> = 1
        // @ts-expect-error a query returns a number
        const wrong: FunctionReturnType<typeof api.numbers.total> = 'text'
        // @ts-expect-error there is no such function
        api.numbers.nothing
        // @ts-expect-error it is public
        internal.numbers.total
        components.counter.store.add satisfies FunctionReference<'mutation', 'internal', { by: number }>
        // @ts-expect-error the argument is a number
        components.counter.store.add satisfies FunctionReference<'mutation', 'internal', { by: string }>
        // @ts-expect-error there is no such component
        components.third
        export { nested, total, wrong }`,
      'tsconfig.json': JSON.stringify({ extends: '../../../../tsconfig.json', compilerOptions: { paths: {}, allowJs: true }, include: [], files: ['use.check.ts', 'numbers.ts', 'counter/store.ts'] }),
    })
    await codegen({ functions: folder })
    const tsc = join(import.meta.dirname, '../../node_modules/.bin/tsc')
    const { stdout } = await promisify(execFile)(tsc, ['--noEmit', '-p', folder]).catch((error: { stdout: string }) => error)
    expect(stdout).toBe('')
  })

  it.each<[string, Record<string, string>, string[]]>([
    ['exports a number', { 'convex.config.ts': 'export default 1' }, ['convex.config.ts', '`defineApp()`']],
    ['exports nothing', { 'convex.config.ts': '' }, ['convex.config.ts']],
    ['throws', { 'convex.config.ts': 'throw new Error("not today")' }, ['convex.config.ts', 'not today']],
    ['throws something else', { 'convex.config.ts': 'throw undefined' }, ['convex.config.ts']],
    ['cannot be parsed', { 'convex.config.ts': 'export default (' }, ['convex.config.ts:1']],
    [
      'uses a component that is not one',
      { 'convex.config.ts': component['convex.config.ts'], 'counter/convex.config.ts': 'export default { _name: "counter" }' },
      ['counter/convex.config.ts', '`defineComponent()`'],
    ],
  ])('names the config that cannot be read, and writes the modules that pages import: it %s', async (_, files, named) => {
    const folder = await createFunctions(files)
    const error = await codegen({ functions: folder }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'FUNCTIONS_INVALID' })
    for (const text of named)
      expect((error as Error).message).toContain(text)
    expect((await readdir(join(folder, '_generated'))).sort()).toEqual(['api.js', 'dataModel.js', 'server.js'])
  })
})

describe('a component in a folder of the app\'s functions', () => {
  it('has separate data for each installation, and cannot be called by clients', async () => {
    const folder = await createFunctions(component)
    await codegen({ functions: folder })
    const deployment = await startDeployment({ functions: folder })
    onTestFinished(() => deployment.close())
    await deployment.mutation(anyApi.numbers!.add!, { by: 2 })
    await deployment.mutation(anyApi.numbers!.add!, { by: 1 })
    expect(await deployment.query(anyApi.numbers!.totals!)).toEqual([3, 30])
    await expect(deployment.query(anyApi['counter/store']!.total!)).rejects.toThrow('Could not find')
  })
})
