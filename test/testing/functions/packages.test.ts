import { mkdir, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundleFunctions } from '../../../src/testing/functions/bundle.ts'
import { createFunctions, writeFunctions } from '../functions-folder.ts'
import { loadFolder, loadFunctions } from './functions-host.ts'

const QUERY = 'import { queryGeneric as query } from \'convex/server\'\n'

describe('packages', () => {
  it('are bundled for a browser, with the conditions "convex" and "module"', async () => {
    const { value } = await loadFunctions({
      'node_modules/picky/package.json': JSON.stringify({ name: 'picky', exports: { convex: './convex.js', node: './node.js', default: './default.js' } }),
      'node_modules/picky/convex.js': 'export default "convex"',
      'node_modules/picky/node.js': 'export default "node"',
      'node_modules/picky/default.js': 'export default "default"',
      'node_modules/old/package.json': JSON.stringify({ name: 'old', main: './main.js', browser: './browser.js' }),
      'node_modules/old/main.js': 'module.exports = require("node:fs")',
      'node_modules/old/browser.js': 'module.exports = { where: "browser" }',
      'node_modules/careful/package.json': JSON.stringify({ name: 'careful', main: './index.js' }),
      'node_modules/careful/index.js': `
        let fs = 'none'
        try { fs = typeof require('fs') } catch {}
        exports.fs = fs
        exports.crypto = () => import('node:crypto').then(() => 'some', () => 'none')`,
      'use.ts': `${QUERY}import picky from 'picky'\nimport { where } from 'old'\nimport { crypto, fs } from 'careful'
        export const all = query({ handler: async () => [picky, where, fs, await crypto()] })`,
    })

    expect(await value('use:all')).toEqual(['convex', 'browser', 'none', 'none'])
  })

  it('may be components whose imports have no file extension', async () => {
    const { host, value } = await loadFunctions({
      'node_modules/@acme/counter/package.json': JSON.stringify({
        name: '@acme/counter',
        type: 'module',
        peerDependencies: { convex: '*' },
        exports: { './convex.config': './dist/component/convex.config.js' },
      }),
      'node_modules/@acme/counter/dist/component/convex.config.js': 'import { defineComponent } from "convex/server"\nexport default defineComponent("counter")',
      'node_modules/@acme/counter/dist/component/public.js': 'import { query } from "./_generated/server"\nimport { half } from "./lib/half"\nexport const count = query({ handler: () => half(4) })',
      'node_modules/@acme/counter/dist/component/lib/half.js': 'export const half = value => value / 2',
      'node_modules/@acme/counter/dist/component/_generated/server.js': 'import { queryGeneric } from "convex/server"\nexport const query = queryGeneric',
      'convex.config.ts': 'import { defineApp } from "convex/server"\nimport counter from "@acme/counter/convex.config"\nconst app = defineApp()\napp.use(counter)\napp.use(counter, { name: "second" })\nexport default app',
      'list.ts': `${QUERY}export const list = query({ handler: () => [] })`,
    })

    expect(host.description.components.map(({ path }) => path)).toEqual(['', 'counter', 'second'])
    expect(await value('public:count', { component: 'second' })).toBe(2)
  })

  it('may be TypeScript sources of the workspace, or imported by `paths` of tsconfig.json', async () => {
    const folder = await createFunctions({
      'tsconfig.json': JSON.stringify({ compilerOptions: { baseUrl: '.', paths: { '~/*': ['./shared/*'] } } }),
      'shared/text.ts': 'export enum Text { Hello = "hello" }',
      'workspace/tools/package.json': JSON.stringify({ name: 'tools', type: 'module', exports: './src/index.ts' }),
      'workspace/tools/src/index.ts': 'export * from "./upper"',
      'workspace/tools/src/upper.ts': 'export const upper = (text: string): string => text.toUpperCase()',
      'use.ts': `${QUERY}import { Text } from '~/text'\nimport { upper } from 'tools'
        export const hello = query({ handler: () => upper(Text.Hello) })`,
    })
    await mkdir(join(folder, 'node_modules'))
    await symlink(join(folder, 'workspace/tools'), join(folder, 'node_modules/tools'))
    const { value } = await loadFolder(folder)

    expect(await value('use:hello')).toBe('HELLO')
  })
})

describe('bundleFunctions', () => {
  it('reuses the previous bundle until a file changes', async () => {
    const folder = await createFunctions({ 'list.ts': `${QUERY}export const list = query({ handler: () => 'one' })` })
    // Files that are written in the millisecond in which the bundle is begun are bundled again.
    const earlier = new Date(Date.now() - 1000)
    await utimes(join(folder, 'list.ts'), earlier, earlier)
    const first = await bundleFunctions(folder)
    const again = await bundleFunctions(folder)
    expect(again).toEqual({ ...first, compileCache: expect.any(String) })

    await writeFunctions(folder, { 'list.ts': `${QUERY}export const list = query({ handler: () => 'two' })` })
    const changed = await bundleFunctions(folder)
    expect(changed.components.default[0]!.modules.list).not.toBe(first.components.default[0]!.modules.list)
    const { value } = await loadFolder(folder)
    expect(await value('list:list')).toBe('two')
  })
})
