import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const FOLDER = 'docs/contributing'
const PAGES = [
  { page: 'convex-client.md', facts: read(`${FOLDER}/convex-client.md`), level: '## ' },
  { page: 'embedded-deployment.md', facts: read(`${FOLDER}/embedded-deployment.md`).split('## Facts that the code depends on')[1]!, level: '### ' },
]

/** The sections of a page that contain facts. */
function sectionsOf(facts: string, level: string): { title: string, text: string }[] {
  return facts.split(`\n${level}`).slice(1).map(text => ({ title: text.split('\n')[0]!, text }))
}

/** The items of the list in a section, each on one line. */
function itemsOf(text: string): string[] {
  return text.split(/\n(?=- |\d+\. )/).slice(1).map(item => item.split('\n\n')[0]!.replaceAll(/\s+/g, ' '))
}

/** The files of the tests that a fact names, by the definitions at the end of the page. */
function testsOf(item: string, page: string): string[] {
  const named = item.split('Test: ')[1] ?? ''
  return [...named.matchAll(/\[([\w.-]+\.test\.ts)\]/g)].map(([, name]) =>
    page.split('\n').find(line => line.startsWith(`[${name}]: `))?.split(': ')[1] ?? `${name} is not defined`)
}

describe.each(PAGES)('docs/contributing/$page', ({ page, facts, level }) => {
  const sections = sectionsOf(facts, level)

  it('names the source of the facts in each section', () => {
    expect(sections.length).toBeGreaterThan(1)
    expect(sections.filter(({ text }) => !/^Source: .*\[/m.test(text)).map(({ title }) => title)).toEqual([])
  })

  it('names an existing test for each fact', () => {
    const items = sections.flatMap(({ text }) => itemsOf(text))
    expect(items.length).toBeGreaterThan(10)
    const wrong = items.filter((item) => {
      const tests = testsOf(item, facts)
      return tests.length === 0 || !tests.every(test => existsSync(join(root, FOLDER, test)))
    })
    expect(wrong).toEqual([])
  })

  it('is linked from the code that depends on its facts, to sections that exist', () => {
    const anchors = new Set(sections.map(({ title }) => title.toLowerCase().replaceAll(' ', '-')))
    const links = globSync('src/**/*.ts', { cwd: root }).flatMap(file =>
      [...read(file).matchAll(/@see docs\/contributing\/([\w-]+\.md)#([\w-]+)/g)]
        .filter(([, target]) => target === page)
        .map(([, , anchor]) => ({ folder: dirname(file), anchor: anchor! })))
    expect(links.filter(({ anchor }) => !anchors.has(anchor))).toEqual([])
    expect(links.length).toBeGreaterThan(0)
  })
})
