/** The settings of a deployment that are in files: its variables and its admin key. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { DataFolder } from './data-folder.ts'

/** The variables in the file `.env` of the functions folder. */
export function readVariables(functions: string): Record<string, string> {
  const file = join(functions, '.env')
  if (existsSync(file))
    return parseEnv(readFileSync(file, 'utf8')) as Record<string, string>
  return {}
}

/**
 * A random admin key. The folder of the data keeps it, so that a command line that uses the key
 * still works after a restart.
 *
 * @param folder The path of the folder, or `null` if the data is in memory.
 */
export function createAdminKey(folder: string | null): string {
  return new DataFolder(folder).keep('admin-key', () => `convue|${randomBytes(32).toString('hex')}`)
}
