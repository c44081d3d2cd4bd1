// @vitest-environment node
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { BEFORE, codeBefore, folderOf, writeProjects } from './before/write-projects.ts'
import { pages, ROOT } from './examples.ts'

let errors: string[]

beforeAll(async () => {
  await writeProjects()
  errors = await checkTypes()
})

/** The type errors of the projects. Errors of the library's source are excluded: `npm run types` reports those. */
function checkTypes(): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(join(ROOT, 'node_modules/.bin/vue-tsc'), ['-b', '--noEmit', '--pretty', 'false'], { cwd: BEFORE }, (error, output) => {
      const found = output.split('\n').filter(line => /^\S.*error TS/.test(line))
      resolve(error && found.length === 0 ? [error.message, output] : found.filter(line => !line.startsWith('../../src/')))
    })
  })
}

describe('the code before a migration', () => {
  it('is on each page that describes a library with an example', () => {
    const migrations = [...pages].filter(([page, text]) => page.startsWith('docs/guides/from-') && /^Before\b/m.test(text))
    expect(migrations).toHaveLength(5)
    expect(codeBefore.map(({ page }) => page)).toEqual(migrations.map(([page]) => page))
  })

  it.for(codeBefore)('has no type errors with $library', ({ library }) => {
    expect(errors.filter(error => error.startsWith(`${folderOf(library)}/`))).toEqual([])
  })

  it('has no further type errors', () => {
    expect(errors).toEqual([])
  })
})
