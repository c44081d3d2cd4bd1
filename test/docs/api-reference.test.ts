// @vitest-environment node
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generateApi } from '../../docs/generate-api.ts'
import { exportsOf, ROOT } from './examples.ts'

const generated = generateApi()

/** `convue` has several pages, the other modules have one each. */
const MODULES = [
  { module: 'convue', source: 'src/index.ts' },
  { module: 'convue/convex/client', source: 'src/convex/client/index.ts' },
  { module: 'convue/dev', source: 'src/dev/index.ts' },
  { module: 'convue/nuxt', source: 'src/nuxt/module.ts' },
  { module: 'convue/pinia-colada', source: 'src/pinia-colada/index.ts' },
  { module: 'convue/server', source: 'src/server/index.ts' },
  { module: 'convue/tanstack-query', source: 'src/tanstack-query/index.ts' },
  { module: 'convue/convex/database', source: 'src/convex/http-database/index.ts' },
  { module: 'convue/testing', source: 'src/testing/index.ts' },
]

function pagesOf(module: string): string {
  return [...generated.values()].filter(text => text.includes(`\nExports of \`${module}\`.`)).join('\n')
}

describe('the API reference', () => {
  it('matches the committed pages (`npm run docs:api` writes them)', () => {
    const committed = globSync('docs/reference/api/*.md', { cwd: ROOT }).map(path => path.replaceAll('\\', '/'))
    expect(committed.sort()).toEqual([...generated.keys()].sort())
    for (const [path, text] of generated)
      expect(readFileSync(join(ROOT, path), 'utf8'), path).toBe(text)
  })

  it.for(MODULES)('has a section for each export of $module', ({ module, source }) => {
    const names = exportsOf(source)
    expect(names.length).toBeGreaterThan(1)
    const headings = [...pagesOf(module).matchAll(/^## `<?(\w+)>?`$/gm)].map(([, name]) => name!)
    expect(names.filter(name => !headings.includes(name))).toEqual([])
  })

  it.for(MODULES)('describes each function and component of $module', ({ module }) => {
    const sections = pagesOf(module).split(/^## /m).slice(1)
    const undescribed = sections.filter(section => /^`[<a-z]/.test(section) && /^.*\n\n(?:```|\*\*)/.test(section))
    expect(undescribed.map(section => section.split('\n')[0]).filter(heading => heading !== '`default`')).toEqual([])
  })

  it('has a row with a type and a default for each option', () => {
    const rows = pagesOf('convue').split(/^## /m).find(section => section.startsWith('`UseConvexQueryOptions`'))!.match(/^\| `\w+` .*$/gm)!
    expect(rows.map(row => row.split(' | ')[0])).toContain('| `keepPreviousData`')
    expect(rows.filter(row => row.split(' | ').length !== 4 || row.includes('|  |'))).toEqual([])
  })

  it('shows members that come from `Pick` and from types that are not exported', () => {
    expect(pagesOf('convue')).toMatch(/^## `ConvexQueriesItem`[\s\S]+?^\| `keepDataOnError` \| `boolean` \|/m)
    expect(pagesOf('convue/nuxt')).toMatch(/^## `ModuleServerOptions`[\s\S]+?^\| `trustProxy` \|/m)
  })

  it('keeps an `@` in the code of an example', () => {
    expect(pagesOf('convue')).toContain('@change="upload($event.target.files)"')
  })
})
