import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = readFileSync(join(root, 'docs/contributing/embedded-deployment.md'), 'utf8')
const named = [...page.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path]) => path!)

describe('the list of behaviours and their tests', () => {
  it('names only test files that exist', () => {
    const missing = named.filter(path => !existsSync(join(root, path.startsWith('test/') ? path : join('test/testing', path))))
    expect(missing).toEqual([])
  })

  it('names each test file of this folder', () => {
    const here = dirname(fileURLToPath(import.meta.url))
    const files = globSync('*.test.ts', { cwd: here }).filter(file => file !== 'list.test.ts').map(file => `behaviours/${file}`)
    expect(files.filter(file => !named.includes(file))).toEqual([])
  })
})
