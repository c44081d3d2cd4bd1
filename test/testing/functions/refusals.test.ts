import { describe, expect, it } from 'vitest'
import { bundleFunctions } from '../../../src/testing/functions/bundle.ts'
import { FunctionsHost } from '../../../src/testing/functions/host.ts'
import { createFunctions } from '../functions-folder.ts'
import { loadFunctions } from './functions-host.ts'

const QUERY = 'import { queryGeneric } from \'convex/server\'\nexport const list = queryGeneric({ handler: () => [] })\n'

async function refusal(files: Record<string, string>): Promise<string> {
  const load = async () => {
    const bundle = await bundleFunctions(await createFunctions(files))
    const host = await FunctionsHost.load(bundle, { environments: {} })
    await host.dispose()
  }
  return await load().then(() => 'accepted', error => `${error.code}: ${error.message}`)
}

describe('FunctionsHost.load', () => {
  it('refuses functions that Convex refuses, and names the file and the fix', async () => {
    expect(await refusal({ 'admin/hash.ts': `${QUERY}import { createHash } from 'node:crypto'\nexport const hash = createHash` }))
      .toMatch(/^FUNCTIONS_INVALID: .*Could not resolve "node:crypto" \(admin\/hash\.ts:3:\d+\)[\s\S]*"use node" as its first line/)
    expect(await refusal({ 'list.ts': `"use node"\n${QUERY}` }))
      .toMatch(/`list` defined in `list\.js` is a query function\. Only actions can be defined in Node\.js\.[\s\S]*file without "use node"/)
    expect(await refusal({ 'wait.ts': `${QUERY}export const value = await Promise.resolve(1)` }))
      .toMatch(/Top-level awaits in source files are unsupported \(wait\.ts:3:\d+\)/)
    expect(await refusal({ 'my-tasks.ts': QUERY }))
      .toMatch(/Path component my-tasks\.ts can only contain alphanumeric characters, underscores, or periods/)
    expect(await refusal({ 'http.ts': `'use node'\n${QUERY}` })).toMatch(/"use node" directive is not allowed for http\.ts/)
    expect(await refusal({ 'http.ts': QUERY })).toMatch(/`http\.js` must have a default export of a Router/)
    expect(await refusal({ 'crons.ts': `${QUERY}export default {}` })).toMatch(/`crons\.js` must have a default export of a Crons object/)
    expect(await refusal({ 'throws.ts': `${QUERY}throw new Error('while loading')` }))
      .toMatch(/cannot be evaluated: Error: while loading[\s\S]*throws\.ts:3/)
    expect(await refusal({ 'fetches.ts': `${QUERY}setTimeout(() => {}, 0)` })).toMatch(/setTimeout unsupported at import time/)
  })

  it('skips tests, empty files and generated files', async () => {
    expect(await refusal({
      'list.ts': QUERY,
      'list.test.ts': 'import "vitest"',
      'empty.ts': '',
      '_generated/api.js': 'throw new Error("not loaded")',
      'notes with blanks.ts': 'export {}',
    })).toBe('accepted')
  })
})

describe('files with "use node"', () => {
  it('run in Node, while the other files run in Convex\'s runtime', async () => {
    const { host, value } = await loadFunctions({
      'list.ts': QUERY,
      'node.ts': `// A comment may precede the directive.
        "use node"
        import { createHash } from 'node:crypto'
        import { actionGeneric } from 'convex/server'
        export const hash = actionGeneric({ handler: async () => ({
          hash: createHash('sha256').update('x').digest('hex').length,
          buffer: typeof Buffer,
          cwd: typeof process.cwd(),
          key: process.env.KEY,
          required: typeof require('node:fs').readFileSync,
        }) })`,
    }, { environments: { '': { KEY: 'secret' } } })

    expect(host.description.components[0]!.functions.map(({ name, runtime }) => [name, runtime])).toEqual([['list:list', 'default'], ['node:hash', 'node']])
    expect(await value('list:list')).toEqual([])
    expect(await value('node:hash')).toEqual({ hash: 64, buffer: 'function', cwd: 'string', key: 'secret', required: 'function' })
  })
})
