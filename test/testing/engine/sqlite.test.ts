import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const SQLITE = new URL('../../../src/testing/engine/sqlite.ts', import.meta.url).href

/** What a process writes to its standard error when it runs the code. */
async function warningsOf(code: string): Promise<string> {
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])
  return stderr
}

describe('openDatabase', () => {
  it('does not let Node warn that SQLite is experimental', async () => {
    expect(await warningsOf(`
      import { openDatabase } from '${SQLITE}'
      openDatabase(':memory:').close()
    `)).toBe('')
  })

  it('leaves all other warnings as they are', async () => {
    const stderr = await warningsOf(`
      import { openDatabase } from '${SQLITE}'
      process.emitWarning('before')
      openDatabase(':memory:').close()
      process.emitWarning('after', 'ExperimentalWarning')
    `)
    expect(stderr).toContain('Warning: before')
    expect(stderr).toContain('ExperimentalWarning: after')
  })
})
