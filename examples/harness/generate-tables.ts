/** Runs `npx auth generate` in an example, as its guide says. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../test/package/peers/run.ts'

const FILE = 'convex/authTables.ts'

/**
 * Throws if the tables of the example differ from those that Better Auth's command line writes for
 * a new app, whose list of tables is still empty.
 *
 * @param folder The folder in which the example is installed.
 */
export async function requireGeneratedTables(folder: string): Promise<void> {
  // A copy, since the running app would load the empty tables.
  const copy = `${folder}-new`
  mkdirSync(copy)
  for (const part of ['auth.ts', 'convex', 'package.json', 'tsconfig.json'])
    cpSync(join(folder, part), join(copy, part), { recursive: true })
  symlinkSync(join(folder, 'node_modules'), join(copy, 'node_modules'))
  writeFileSync(join(copy, FILE), 'export const authTables = {}\n')
  await run('npm', ['run', 'auth:generate'], copy)
  const [written, expected] = [copy, folder].map(app => readFileSync(join(app, FILE), 'utf8'))
  assert.equal(written, expected, `${FILE} is not up to date.`)
}
