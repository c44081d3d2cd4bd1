import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorCodes } from '../support/docs/error-reference.ts'
import { allExamples, exportsOf, importsOf, pages, prose, ROOT } from './examples.ts'

/** The hand-written pages. `api-reference.test.ts` checks the generated pages. */
const isReference = (page: string): boolean => /^docs\/reference\/[^/]+$/.test(page)
const isGenerated = (page: string): boolean => page.startsWith('docs/reference/api/')
const isType = (name: string): boolean => /^[A-Z]/.test(name) && !/^Auth\w+ing$|uthenticated$|Error$/.test(name)
function textOf(isWanted: (page: string) => boolean): string {
  return [...pages].filter(([page]) => isWanted(page)).map(([, text]) => prose(text)).join('\n')
}

describe('reference', () => {
  it.for([
    { module: 'convue', source: 'src/index.ts' },
    { module: 'convue/convex/client', source: 'src/convex/client/index.ts' },
    { module: 'convue/dev', source: 'src/dev/index.ts' },
    { module: 'convue/nuxt', source: 'src/nuxt/module.ts' },
    { module: 'convue/pinia-colada', source: 'src/pinia-colada/index.ts' },
    { module: 'convue/server', source: 'src/server/index.ts' },
    { module: 'convue/tanstack-query', source: 'src/tanstack-query/index.ts' },
    { module: 'convue/convex', source: 'src/convex/index.ts' },
    { module: 'convue/convex/database', source: 'src/convex/http-database/index.ts' },
    { module: 'convue/tabs', source: 'src/tabs/index.ts' },
    { module: 'convue/testing', source: 'src/testing/index.ts' },
  ])('explains every export of $module and shows it in an example', ({ module, source }) => {
    const names = exportsOf(source)
    expect(names.length).toBeGreaterThan(1)
    const shown = new Set(allExamples.filter(({ page }) => isReference(page)).flatMap(example => importsOf(example, module)))
    expect(names.filter(name => !shown.has(name)), 'without an example').toEqual([])
    const [written, generated] = [textOf(isReference), textOf(isGenerated)]
    const isNamed = (name: string, text: string): boolean => new RegExp(`\`<?${name}\\b`).test(text)
    expect(names.filter(name => !isType(name) && !isNamed(name, written)), 'not explained').toEqual([])
    expect(names.filter(name => !isNamed(name, generated)), 'not in the generated pages').toEqual([])
  })

  it('lists all auto-imports and options of the Nuxt module', () => {
    const source = globSync('src/nuxt/{module.ts,module/**/*.ts}', { cwd: ROOT }).sort().map(path => readFileSync(join(ROOT, path), 'utf8')).join('\n')
    const listed = [...source.matchAll(/^(?:export )?const (?:composables|components|serverUtils) = \[([\s\S]*?)\]/gm)].map(([, names]) => names!)
    const added = [...source.matchAll(/add(?:Server)?Imports\(\[([\s\S]*?)\]/g)].map(([, names]) => names!)
    const names = [...[...listed, ...added].join().matchAll(/'(use\w+|require\w+|[A-Z]\w+)'/g)].map(([, name]) => name!)
    expect(names).toEqual(expect.arrayContaining(['useConvexQuery', 'Authenticated', 'useConvexServer', 'requireConvexUser', 'useUserSession']))
    const page = pages.get('docs/reference/nuxt.md')!
    expect(names.filter(name => !new RegExp(`\`<?${name}\\b`).test(page))).toEqual([])
    const interfaces = [...source.matchAll(/^export interface Module\w*Options[\s\S]+?^\}/gm)].join('\n')
    const options = [...interfaces.matchAll(/^ {2}(\w+)\?: /gm)].map(([, name]) => name!)
    expect(options).toContain('tokenInPayload')
    const api = pages.get('docs/reference/api/nuxt.md')!
    expect(options.filter(name => !`${page}${api}`.includes(`| \`${name}\` |`))).toEqual([])
  })

  it('lists every error code with its cause and its fix', () => {
    expect(errorCodes).toContain('CLOSED')
    const entries = pages.get('docs/reference/errors.md')!.matchAll(/^#### `([A-Z_]+)`\n\n(?:Raised by .*\n\n)?\S.*\n\n\*\*Fix:\*\* \S.*$/gm)
    expect([...entries].map(([, code]) => code)).toEqual(errorCodes)
  })

  it('has no dead links, and neither has any other page of the repository', () => {
    const dead = [...pages, ...otherPages()].flatMap(([page, text]) => [...prose(text).matchAll(/\]\((?!https?:)([^)]*)\)/g)]
      .map(([, link]) => link!)
      .filter((link) => {
        const [path, anchor] = link.split('#')
        const target = path ? join(dirname(page), path) : page
        return !existsSync(join(ROOT, target)) || (anchor && !anchorsOf(target).includes(anchor))
      })
      .map(link => `${page}: ${link}`))
    expect(dead).toEqual([])
  })

  it('names the file of each example of a guide above the example or in its first line', () => {
    const guides = [...pages].filter(([page]) => /^(?:README|docs\/functions|docs\/guides\/.*)\.md$/.test(page))
    const unnamed = guides.flatMap(([page, text]) => {
      // Parts of a page and its blocks alternate.
      const parts = text.split(/^(```[\s\S]+?^```)$/m)
      return parts.flatMap((block, index) => {
        const file = /^```\w+ .*?\bfile="([^"]+)"/.exec(block)?.[1]
        const isNamed = !file || `${parts[index - 1]}${block.split('\n')[1]}`.includes(shownName(file))
        return isNamed ? [] : [`${page}: ${shownName(file)}`]
      })
    })
    expect(unnamed).toEqual([])
  })

  // Otherwise, the browser itself would send the form, and the text of the user would be lost.
  it('disables the forms of Nuxt pages until they are hydrated', () => {
    const blocks = [...pages].flatMap(([page, text]) => [...text.matchAll(/^ *```(?:vue|html)\b[\s\S]+?^ *```$/gm)].map(([code]) => ({ page, code })))
    const forms = blocks.filter(({ code }) => code.includes('<form') && /file="nuxt\/|#convex\/api/.test(code))
    expect(forms.length).toBeGreaterThan(3)
    expect(forms.filter(({ code }) => !code.includes(':disabled="!isHydrated"')).map(({ page }) => page)).toEqual([])
  })

  it('lists every page in docs/README.md', () => {
    const index = pages.get('docs/README.md')!
    const missing = [...pages.keys()].filter(page => /^docs\/(?!README)/.test(page) && !index.includes(`](${page.slice('docs/'.length)})`))
    expect(missing).toEqual([])
  })

  it('links each generated page to the page that explains its exports, and back', () => {
    const generated = [...pages].filter(([page]) => isGenerated(page) && !page.endsWith('README.md'))
    expect(generated.length).toBeGreaterThan(3)
    for (const [page, text] of generated) {
      const [, links] = /explanations and examples: (.*)$/m.exec(text)!
      const guides = [...links!.matchAll(/\]\(\.\.\/([^)]*)\)/g)].map(([, guide]) => guide!)
      expect(guides.length, page).toBeGreaterThan(0)
      for (const guide of guides)
        expect(pages.get(`docs/reference/${guide}`), guide).toContain(`](api/${page.split('/').pop()}`)
    }
  })
})

describe('the README', () => {
  it('shows the installation and a live query within 20 lines', () => {
    const start = pages.get('README.md')!.split('\n').slice(0, 20).join('\n')
    expect(start).toMatch(/^npx convue init\b.*\nnpm run dev\b/m)
    expect(start).toMatch(/useAuthedQuery\(api\..*\n[\s\S]*v-for=/)
  })

  it('sets up Nuxt in fewer than 30 lines', () => {
    const section = /^## Nuxt\n([\s\S]*?)^## /m.exec(pages.get('README.md')!)![1]!
    const blocks = [...section.matchAll(/^```.+\n([\s\S]*?)^```$/gm)].map(([, code]) => code!.trim())
    expect(blocks.join('\n')).toContain('convue/nuxt')
    expect(blocks.flatMap(code => code.split('\n')).length).toBeLessThan(30)
  })
})

/** The Markdown pages of the repository besides the documentation, by their paths. */
function otherPages(): [page: string, text: string][] {
  return globSync(['*.md', '{bench,examples,playground,test}/**/*.md'], { cwd: ROOT, exclude: path => path.includes('node_modules') })
    .filter(page => !pages.has(page))
    .map(page => [page, readFileSync(join(ROOT, page), 'utf8')])
}

/** The path of an example in the reader's app. Some examples are elsewhere in the app of the tests. */
function shownName(file: string): string {
  return file.replace(/^nuxt\/variants\/.*/, 'nuxt.config.ts').replace(/^nuxt\//, '').replace(/^ents\//, 'convex/')
}

/** The anchors that GitHub generates for the headings of a page. */
function anchorsOf(page: string): string[] {
  const anchors: string[] = []
  for (const [, heading] of prose(readFileSync(join(ROOT, page), 'utf8')).matchAll(/^#+ (.*)$/gm)) {
    const plain = heading!.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')
    let anchor = plain
    for (let count = 1; anchors.includes(anchor); count++)
      anchor = `${plain}-${count}`
    anchors.push(anchor)
  }
  return anchors
}

describe('the page of features', () => {
  it('names every composable and every entry of the package', () => {
    const page = pages.get('docs/guides/features.md')!
    const composables = [...exportsOf('src/index.ts'), ...exportsOf('src/offline/index.ts')].filter(name => /^use[A-Z]|^(?:define|prefetch)Convex|^createConvexHooks$/.test(name))
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    // The worker is a part of `convue/tabs`.
    const entries = Object.keys(exports).filter(entry => !/^\.$|package\.json|worker$/.test(entry)).map(entry => entry.replace('.', 'convue'))
    expect(composables.length).toBeGreaterThan(20)
    expect([...composables, ...entries].filter(name => !page.includes(`\`${name}\``))).toEqual([])
  })
})
