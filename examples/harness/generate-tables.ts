/** Runs `npx auth generate` in an example, as its guide says. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../test/package/peers/run.ts'

const FILE = 'convex/authTables.ts'
const NO_TABLES = 'export const authTables = {}\n'

/**
 * Throws if the tables of the example differ from those that Better Auth's command line writes.
 *
 * @param folder The folder in which the example is installed.
 * @param previous The file with the tables before the command runs: an empty list in a new app.
 */
export async function requireGeneratedTables(folder: string, previous = NO_TABLES): Promise<void> {
  // A copy, since the running app would load the empty tables.
  const copy = `${folder}-new`
  mkdirSync(copy)
  for (const part of ['auth.ts', 'convex', 'package.json', 'tsconfig.json'])
    cpSync(join(folder, part), join(copy, part), { recursive: true })
  symlinkSync(join(folder, 'node_modules'), join(copy, 'node_modules'))
  writeFileSync(join(copy, FILE), previous)
  await run('npm', ['run', 'auth:generate'], copy)
  const [written, expected] = [copy, folder].map(app => readFileSync(join(app, FILE), 'utf8'))
  assert.equal(written, expected, `${FILE} is not up to date.`)
}
