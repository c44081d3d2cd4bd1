/** Builds the site once for all test files. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')

/** VitePress fails if a page of the site does not exist to which another page links. */
export default async function setup(): Promise<void> {
  await promisify(execFile)(process.execPath, ['docs/site/build.ts'], { cwd: ROOT, maxBuffer: 2 ** 26 })
}
