// `npm run check:lines` runs the tests that use Better Auth, with both supported versions.
// `--next` tests the newer version only, and `--short` runs only the most important tests.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createNextLine } from './next-line.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The most important tests: the identity of a page, the server, and Convex functions. */
const SHORT = [
  'test/unit/token',
  'test/live/better-auth.test.ts',
  'test/live/ways-in.test.ts',
  'test/server/better-auth.test.ts',
  'test/server/rate-limit.test.ts',
  'test/convex/whole-local-install.test.ts',
]

/**
 * The tests of `convue/convex` that run on the installed version. The others run on both versions
 * themselves, or use the component, whose functions for apps support only Better Auth 1.6.
 */
const CONVEX = [
  'cross-domain-page',
  'database',
  'database-functions',
  'from-other-guides-kit',
  'functions-local',
  'http-database',
  'http-database-route',
  'http-database-stranger',
  'local-install-guide',
  'own-server-guide',
  'rotation',
].map(name => `test/convex/${name}.test.ts`)

/** All tests that use the client or the server of Better Auth. */
const FULL = [
  ...SHORT,
  ...CONVEX,
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
