import type { Deployment } from '../../src/testing/index.ts'
import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFunctions } from './functions-folder.ts'

/** Starts an app whose functions are in `convex/`. `links`: the packages of its workspace, by name. */
async function start(files: Record<string, string>, links: Record<string, string> = {}): Promise<Deployment> {
  const app = await createFunctions({ 'node_modules/.keep': '', ...files })
  for (const [name, folder] of Object.entries(links)) {
    const link = join(app, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(app, folder), link, 'dir')
  }
  const deployment = await startDeployment({ functions: join(app, 'convex') })
  onTestFinished(() => deployment.close())
  return deployment
}

function manifest(name: string, exports: Record<string, unknown>, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ name, version: '1.0.0', type: 'module', exports, ...more })
}

const app = {
  'convex/convex.config.ts': `
    import { defineApp } from 'convex/server'
    import counter from '@acme/counter/convex.config'
    const app = defineApp()
    app.use(counter)
    export default app`,
  'convex/counts.ts': `
    import { componentsGeneric, mutationGeneric, queryGeneric } from 'convex/server'
    import { Counter } from '@acme/counter'
    const counter = new Counter(componentsGeneric().counter)
    export const add = mutationGeneric(ctx => counter.add(ctx))
    export const origin = queryGeneric(ctx => counter.origin(ctx))`,
}
const { counts } = anyApi as Record<'counts', any>

const componentSource = {
  'counts': `
    import { mutationGeneric, queryGeneric } from 'convex/server'
    import { countOf } from './lib/count'
    import { origin as originOfDependency } from '@acme/dependency'
    export const add = mutationGeneric(async (ctx) => {
      await ctx.db.insert('counts', {})
      return await countOf(ctx)
    })
    export const origin = queryGeneric(async () => originOfDependency)`,
  'lib/count': `
    export const countOf = async ctx => (await ctx.db.query('counts').collect()).length`,
  'schema': `
    import { defineSchema, defineTable } from 'convex/server'
    export default defineSchema({ counts: defineTable({}) })`,
  'convex.config': `
    import { defineComponent } from 'convex/server'
    export default defineComponent('counter')`,
}
const clientSource = `
  import { call } from './call'
  export class Counter {
    constructor(component) { this.component = component }
    add(ctx) { return ctx.runMutation(...call(this.component.counts.add)) }
    origin(ctx) { return ctx.runQuery(...call(this.component.counts.origin)) }
  }`

function place(folder: string, extension: string, source: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(source).map(([name, content]) => [`${folder}/${name}.${extension}`, content]))
}

/** A package that only the component can find. */
function dependency(folder: string): Record<string, string> {
  return {
    [`${folder}/node_modules/@acme/dependency/package.json`]: manifest('@acme/dependency', { import: './index.js' }),
    [`${folder}/node_modules/@acme/dependency/index.js`]: `export const origin = ${JSON.stringify(folder)}`,
  }
}

describe('a component', () => {
  it('can be in an installed package whose imports have no file extension', async () => {
    const folder = 'node_modules/@acme/counter'
    const deployment = await start({
      ...app,
      [`${folder}/package.json`]: manifest('@acme/counter', {
        '.': { import: './dist/client/index.js' },
        './convex.config': { import: './dist/component/convex.config.js' },
      }, { peerDependencies: { convex: '^1.48.0' } }),
      ...place(`${folder}/dist/component`, 'js', componentSource),
      ...place(`${folder}/dist/client`, 'js', { index: clientSource, call: 'export const call = reference => [reference, {}]' }),
      ...dependency(folder),
    })
    expect(await deployment.mutation(counts.add)).toBe(1)
    expect(await deployment.mutation(counts.add)).toBe(2)
    // The component uses its own installed copy of the dependency.
    expect(await deployment.query(counts.origin)).toBe(folder)
  })

  it('can be TypeScript in a package of the workspace', async () => {
    const folder = 'packages/counter'
    const deployment = await start({
      ...app,
      [`${folder}/package.json`]: manifest('@acme/counter', {
        '.': './src/client/index.ts',
        './convex.config': { import: './src/component/convex.config.ts' },
      }),
      ...place(`${folder}/src/component`, 'ts', componentSource),
      ...place(`${folder}/src/client`, 'ts', {
        index: `${clientSource.replace('constructor(component)', 'constructor(private readonly component: any)')}`,
        call: 'export const call = (reference: any) => [reference, {}] as const',
      }),
      ...dependency(folder),
    }, { '@acme/counter': folder })
    expect(await deployment.mutation(counts.add)).toBe(1)
    expect(await deployment.query(counts.origin)).toBe(folder)
  })
})

describe('a package of the workspace', () => {
  it('can be TypeScript with enums, imports without a file extension, and other packages', async () => {
    const deployment = await start({
      'convex/levels.ts': `
        import { queryGeneric } from 'convex/server'
        import { describe, Level } from '@acme/levels'
        import { names } from '@acme/levels/names'
        export const get = queryGeneric(async () => [describe(Level.High), names])`,
      'packages/levels/package.json': manifest('@acme/levels', { '.': './src/index.ts', './names': './src/names/index.ts' }),
      'packages/levels/src/index.ts': `
        import { upperCase } from '@acme/text'
        import { Level } from './level'
        export { Level }
        export const describe = (level: Level): string => upperCase(Level[level])`,
      'packages/levels/src/level.ts': 'export enum Level { Low = 1, High }',
      'packages/levels/src/names/index.ts': `
        import { Level } from '../level'
        export const names: string[] = Object.values(Level).filter((name): name is string => typeof name === 'string')`,
      'packages/text/package.json': JSON.stringify({ name: '@acme/text', main: './src/main' }),
      'packages/text/src/main.ts': 'export namespace Text { export const upper = (text: string) => text.toUpperCase() }\nexport const upperCase = Text.upper',
    }, { '@acme/levels': 'packages/levels', '@acme/text': 'packages/text' })
    expect(await deployment.query(anyApi.levels!.get!)).toEqual(['HIGH', ['Low', 'High']])
  })

  it('can be CommonJS, and require modules of Node in a file with "use node"', async () => {
    const hash = (directive: string): string => `
      ${directive}
      import { actionGeneric } from 'convex/server'
      import { hash } from '@acme/hash'
      const require = 'a name of the app'
      export const get = actionGeneric(async () => [hash('x').length, require])`
    const packages = {
      'packages/hash/package.json': JSON.stringify({ name: '@acme/hash', main: './index.cjs' }),
      'packages/hash/index.cjs': `
        const { createHash } = require('crypto')
        const { algorithm } = require('@acme/algorithm')
        exports.hash = text => createHash(algorithm).update(text).digest('hex')`,
      'node_modules/@acme/algorithm/package.json': JSON.stringify({ name: '@acme/algorithm', main: 'lib' }),
      'node_modules/@acme/algorithm/lib/index.js': 'exports.algorithm = require("./name").name',
      'node_modules/@acme/algorithm/lib/name.js': 'exports.name = "sha256"',
    }
    const deployment = await start({ 'convex/hash.ts': hash('"use node"'), ...packages }, { '@acme/hash': 'packages/hash' })
    expect(await deployment.action(anyApi.hash!.get!)).toEqual([64, 'a name of the app'])
    await expect(start({ 'convex/hash.ts': hash(''), ...packages }, { '@acme/hash': 'packages/hash' }))
      .rejects
      .toMatchObject({ code: 'FUNCTIONS_INVALID', why: expect.stringContaining('"use node" directive') })
  })
})

describe('a package that is missing', () => {
  it('is named in the error, unless the app catches the failed import', async () => {
    const deployment = await start({
      'convex/optional.ts': `
        import { queryGeneric } from 'convex/server'
        export const get = queryGeneric(async () => {
          try {
            await import('@acme/nowhere')
            return 'found'
          }
          catch {
            return 'not found'
          }
        })`,
    })
    expect(await deployment.query(anyApi.optional!.get!)).toBe('not found')
    await expect(start({ 'convex/required.ts': 'import "@acme/nowhere"' }))
      .rejects
      .toMatchObject({ code: 'FUNCTIONS_INVALID', why: expect.stringContaining('@acme/nowhere') })
  })
})

describe('the global `Convex`', () => {
  it('exists while modules are evaluated, at the start and in a reload', async () => {
    const deployment = await start({
      'convex/where.ts': `
        import { queryGeneric } from 'convex/server'
        if (typeof Convex === 'undefined' || Convex.syscall === undefined)
          throw new Error('This module runs on Convex only.')
        let refusal = 'none'
        try { Convex.syscall('1.0/get', '{}') }
        catch (error) { refusal = error.message }
        export const get = queryGeneric(async ctx => [typeof Convex.asyncSyscall, refusal !== 'none', (await ctx.db.query('rows').collect()).length])`,
    })
    expect(await deployment.query(anyApi.where!.get!)).toEqual(['function', true, 0])
    await deployment.reload()
    expect(await deployment.query(anyApi.where!.get!)).toEqual(['function', true, 0])
  })
})
