// Checks `peerDependencies`: the packed package, installed with strict peers and built, in apps with
// different packages beside it; then in an app that has the oldest version of each peer, and in one
// that has the newest. `--all` also installs the apps with pnpm, Yarn and Bun, and tries, for
// information only, the next pre-releases of Vue and of Nuxt.
import type { App } from './peers/apps.ts'
import type { PackageManager } from './peers/package-managers.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { APPS } from './peers/apps.ts'
import { tryNextNuxt } from './peers/next-nuxt.ts'
import { findOtherManagers, npm } from './peers/package-managers.ts'
import { ROOT, run, runNode, versionIn, write, writeJson } from './peers/run.ts'
import { describeVersions, tryVersions } from './peers/versions.ts'

const isFull = process.argv.includes('--all')
const scratch = mkdtempSync(join(tmpdir(), 'convue-peers-'))

const VITE = join(ROOT, 'node_modules/vite/bin/vite.js')

async function check(): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], ROOT)
  const [{ filename }] = JSON.parse(stdout)
  const packed = join(scratch, filename)
  await Promise.all([
    ...Object.entries(APPS).map(([name, app]) => tryApp(name, app, npm, packed)),
    ...(['oldest', 'newest'] as const).map(async (name) => {
      console.log(`The ${name} peers work: ${describeVersions(await tryVersions(join(scratch, name), packed, name))}.`)
    }),
  ])
  if (!isFull)
    return
  for (const manager of await findOtherManagers(scratch)) {
    for (const [name, app] of Object.entries(APPS))
      await tryApp(name, app, manager, packed)
  }
  await tryNextVue(packed)
  await tryNextNuxt(join(scratch, 'next-nuxt'), packed)
}

/** Installs the package in an app, builds the app's page, and runs its program. */
async function tryApp(name: string, { packages, page, program, allowsConflicts }: App, manager: PackageManager, packed: string): Promise<void> {
  const app = join(scratch, manager.name, name)
  const dependencies = { convex: 'latest', vue: 'latest', ...packages, convue: `file:${packed}` }
  writeJson(join(app, 'package.json'), { name, private: true, type: 'module', dependencies })
  write(join(app, 'index.html'), '<div id="app"></div><script type="module" src="/main.js"></script>')
  write(join(app, 'main.js'), page)
  write(join(app, 'program.js'), program)
  write(join(app, 'convex/numbers.ts'), 'import { queryGeneric } from \'convex/server\'\nexport const one = queryGeneric(() => 1)\n')
  await manager.install(app, { allowsConflicts })
  await runNode([VITE, 'build', '--logLevel', 'warn'], app)
  await runNode(['program.js'], app)
  const beside = Object.keys(packages).map(dependency => `${dependency} ${versionIn(app, dependency)}`)
  console.log(`${manager.name} installs the package beside ${beside.join(', ') || 'no optional peer'}.`)
}

/**
 * The next pre-release of Vue is not supported yet: a failure is reported early, and does not fail
 * the command. src/reactivity/vue-internals.ts lists the parts of Vue that Convue uses and
 * that a new minor version may change.
 */
async function tryNextVue(packed: string): Promise<void> {
  const { stdout } = await run('npm', ['view', 'vue', 'versions', '--json'], ROOT)
  // npm lists them in ascending order.
  const next = (JSON.parse(stdout) as string[]).at(-1)!
  if (!next.includes('-')) {
    console.log('The registry has no pre-release of Vue that is newer than the latest version.')
    return
  }
  try {
    console.log(`The next Vue works: ${describeVersions(await tryVersions(join(scratch, 'next-vue'), packed, 'newest', { vue: next }))}.`)
  }
  catch (error) {
    console.warn(`The next Vue, ${next}, does not work yet (this does not fail the check):\n${error}\n${(error as Error).cause}`)
  }
}

await check().finally(() => rmSync(scratch, { recursive: true, force: true }))
