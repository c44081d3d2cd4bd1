// `npm run check:lines`: runs the tests that touch Better Auth with both lines that Convue supports.
// `--next` tests only the newer version of Better Auth; `--short` runs only the most important of the tests.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createNextLine } from './next-line.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A page that boots, renews, fails, signs out and switches; the server and its proxy. */
const SHORT = [
  'test/unit/token',
  'test/live/better-auth.test.ts',
  'test/server/better-auth.test.ts',
  'test/server/rate-limit.test.ts',
  'test/convex/whole-local-install.test.ts',
]

/** All tests with the client or the server of Better Auth: simulated pages, servers, Nuxt, and a real browser. */
const FULL = [
  ...SHORT,
  'test/unit/plugin',
  'test/unit/errors',
  'test/unit/shared',
  'test/live',
  'test/server',
  'test/ssr',
  'test/security',
  'test/faults/http.test.ts',
  'test/faults/socket.test.ts',
  'test/nuxt',
  'test/browser',
]

const tests = process.argv.includes('--short') ? SHORT : FULL
const folders = process.argv.includes('--next') ? [createNextLine()] : [ROOT, createNextLine()]
for (const folder of folders) {
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules/better-auth/package.json'), 'utf8'))
  console.log(`Better Auth ${version}:`)
  const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...tests], { cwd: folder, stdio: 'inherit' })
  if (status !== 0)
    process.exit(1)
}
