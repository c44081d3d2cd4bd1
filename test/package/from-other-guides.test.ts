import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/from-other-guides.md'), 'utf8')

/** The rows of all tables: a step, what to write with Convue, the example, and the tests. */
const rows = page.split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| step'))
  .map(line => line.slice(1, -1).split(/(?<!\\)\|/).map(cell => cell.trim()))

const tests = [...page.matchAll(/\[([^\]]+)\]\(\.\.\/\.\.\/(test\/[^)]+)\): “([^”]*)”/g)]
  .map(([, label, file, title]) => ({ label: label!, file: file!, title: title! }))

/** The titles of the tests in a file. `it.each(…)('title', …)` has one title. */
function titlesIn(file: string): Set<string> {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
  const titles = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^it\b/.test(node.expression.getText(source))) {
      const [title] = node.arguments
      if (title && ts.isStringLiteralLike(title))
        titles.add(title.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return titles
}

describe('docs/guides/from-other-guides.md', () => {
  it('has four cells in each row', () => {
    expect(rows.length).toBeGreaterThan(50)
    expect(rows.filter(row => row.length !== 4)).toEqual([])
  })

  it('names a test in each row, unless the row says that Convue does not have the step', () => {
    expect(rows.filter(([, withConvue, , test]) => !test!.includes('](../../test/') && !withConvue!.startsWith('**Not'))).toEqual([])
  })

  it('names tests that exist', () => {
    const missing = tests.filter(({ file, title }) => !existsSync(join(root, file)) || !titlesIn(file).has(title))
    expect(missing).toEqual([])
    expect(tests.filter(({ label, file }) => file !== `test/${label}.test.ts`)).toEqual([])
    expect(tests.length).toBe([...page.matchAll(/\.test\.ts\)/g)].length)
  })

  it('names examples that exist', () => {
    const names = rows.flatMap(([, , example]) => [...example!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!))
    expect(names.length).toBeGreaterThan(40)
    expect(names.filter(name => !existsSync(join(root, 'examples', name, 'package.json')))).toEqual([])
  })
})
