import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const EXAMPLES = join(import.meta.dirname, '../../examples')

/** The files of an example that are not specific to the library with which it reads its tables. */
const COMMON = ['src/**/*.*', 'scripts/*', 'index.html', '*.config.ts', 'auth.ts', 'convex/authTables.ts', 'convex/http.ts', 'convex/auth.config.ts']

function commonFilesOf(name: string): Record<string, string> {
  const cwd = join(EXAMPLES, name)
  const files = globSync(COMMON, { cwd }).sort()
  return Object.fromEntries(files.map(file => [file, readFileSync(join(cwd, file), 'utf8')]))
}

describe('local-install-ents', () => {
  it('has the page and the auth tables of local-install', () => {
    const files = commonFilesOf('local-install')
    expect(Object.keys(files)).toContain('src/App.vue')
    expect(commonFilesOf('local-install-ents')).toEqual(files)
  })
})
