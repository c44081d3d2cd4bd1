import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'SECURITY.md'), 'utf8')
const links = [...text.matchAll(/\[([^\]]*)\]\(([^)]*)\)/g)].map(([, label, target]) => ({ label, target: target! }))

describe('the rows of SECURITY.md', () => {
  it('link to at least one test each, and all linked files exist', () => {
    const rows = text.split('\n').filter(line => line.startsWith('| **'))
    expect(rows.length).toBeGreaterThan(10)
    expect(rows.filter(row => !/\]\(test\/\S+\.test\.ts\)/.test(row))).toEqual([])
    expect(links.filter(({ target }) => !existsSync(join(root, target)))).toEqual([])
    expect(links.filter(({ label, target }) => label !== target)).toEqual([])
  })

  it('link to every test file in test/security', () => {
    const files = globSync('test/security/**/*.test.ts', { cwd: root }).map(file => file.replaceAll('\\', '/'))
    expect(files.filter(file => !links.some(({ target }) => target === file))).toEqual([])
  })
})
