// Checks `peerDependencies`: runs the packed package in an app with the oldest version of each
// peer, in an app with the newest versions, and, for information only, in an app with the next
// pre-release of Vue; then in an app without the optional peers, and in an app with convex-test.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'convue-peers-'))
const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { peerDependencies: Record<string, string> }

/** The packages that the smoke test needs in addition to the peers. */
const TOOLS = ['happy-dom', '@types/node', '@types/ws']

/** Nuxt is left out, since check-nuxt.ts builds an app with Nuxt. */
const peers = Object.entries(peerDependencies).filter(([name]) => name !== 'nuxt')

type VersionOf = (range: string, peer: string) => string

const APPS: Record<string, VersionOf> = {
  oldest: range => range.match(/\d+\.\d+\.\d+/)![0],
  newest: range => range,
}

/** An app whose packages npm must be able to install together. */
interface InstalledApp {
  /** The packages beside Convue and its required peers. */
  devDependencies: Record<string, string>
  /** A program that uses the packages. */
  program: string
}

const INSTALLED: Record<string, InstalledApp> = {
  'client-only': {
    devDependencies: {},
    program: `
      import assert from 'node:assert/strict'
      import { createConvex } from 'convue'
      import { createConvexServer } from 'convue/server'
      assert.deepEqual([typeof createConvex, typeof createConvexServer], ['function', 'function'])`,
  },
  'beside-convex-test': {
    devDependencies: {
      'convex-test': 'latest',
      ...Object.fromEntries(['esbuild', 'jose', 'ws'].map(name => [name, peerDependencies[name]!])),
    },
    program: `
      import assert from 'node:assert/strict'
      import { convexTest } from 'convex-test'
      import { anyApi } from 'convex/server'
      import { startDeployment } from 'convue/testing'
      const deployment = await startDeployment({ functions: './convex' })
      assert.equal(await deployment.query(anyApi.numbers.one), 1)
      await deployment.close()
      assert.equal(typeof convexTest, 'function')`,
  },
}

async function check(): Promise<void> {
  const [{ filename }] = JSON.parse(await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], root))
  await Promise.all(Object.entries(APPS).map(async ([name, versionOf]) => {
    await tryApp(name, filename, versionOf)
    console.log(`The ${name} peers work: ${describeVersions(name)}.`)
  }))
  await Promise.all(Object.keys(INSTALLED).map(name => tryInstallation(name, filename)))
  await tryNextVue(filename)
}

/** Installs the package in an app, with the rules of npm for peers, and runs the app's program. */
async function tryInstallation(name: string, filename: string): Promise<void> {
  const { devDependencies, program } = INSTALLED[name]!
  const app = join(scratch, name)
  mkdirSync(join(app, 'convex'), { recursive: true })
  const required = Object.fromEntries(['convex', 'vue'].map(peer => [peer, peerDependencies[peer]!]))
  const dependencies = { ...required, convue: `file:../${filename}` }
  writeJson(join(app, 'package.json'), { name, private: true, type: 'module', dependencies, devDependencies })
  writeFileSync(join(app, 'convex/numbers.ts'), 'import { queryGeneric } from \'convex/server\'\nexport const one = queryGeneric(() => 1)\n')
  writeFileSync(join(app, 'program.js'), program)
  // With `--strict-peer-deps`, npm fails at every conflict of peers, even if it would only report
  // the conflict otherwise.
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--strict-peer-deps'], app)
  await run(process.execPath, ['--no-warnings', 'program.js'], app)
  const beside = Object.keys(devDependencies).map(dependency => `${dependency} ${versionIn(name, dependency)}`)
  console.log(`npm installs the package beside ${beside.join(', ') || 'no optional peer'}.`)
}

/**
 * The next pre-release of Vue is not supported yet: a failure is reported early, and does not fail
 * the command. src/reactivity/vue-internals.ts says what Convue uses of Vue that a new minor
 * version may change.
 */
async function tryNextVue(filename: string): Promise<void> {
  const next = await findNextVue()
  if (!next) {
    console.log('The registry has no pre-release of Vue that is newer than the latest version.')
    return
  }
  try {
    await tryApp('next-vue', filename, (range, peer) => peer === 'vue' ? next : range, ['--legacy-peer-deps'])
    console.log(`The next Vue works: ${describeVersions('next-vue')}.`)
  }
  catch (error) {
    console.warn(`The next Vue, ${next}, does not work yet (this does not fail the check):\n${error}\n${(error as Error).cause}`)
  }
}

/** The newest published version of Vue, if it is a pre-release. */
async function findNextVue(): Promise<string | undefined> {
  const versions = JSON.parse(await run('npm', ['view', 'vue', 'versions', '--json'], root)) as string[]
  // npm lists them in ascending order.
  const newest = versions.at(-1)
  return newest?.includes('-') ? newest : undefined
}

async function tryApp(name: string, filename: string, versionOf: VersionOf, installOptions: string[] = []): Promise<void> {
  const app = join(scratch, name)
  for (const path of ['test/package/peers-app', 'test/support/convex', 'src/reactivity/vue-internals.ts', 'src/reactivity/run-user-callback.ts'])
    cpSync(join(root, path), join(app, path), { recursive: true })
  writeJson(join(app, 'package.json'), {
    name,
    private: true,
    type: 'module',
    dependencies: {
      ...Object.fromEntries(peers.map(([peer, range]) => [peer, versionOf(range, peer)])),
      convue: `file:../${filename}`,
    },
  })
  writeJson(join(app, 'tsconfig.json'), {
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      module: 'ESNext',
      moduleResolution: 'bundler',
      types: ['node'],
      allowImportingTsExtensions: true,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    },
    include: ['test', 'src'],
  })
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...installOptions], app)
  for (const tool of TOOLS) {
    mkdirSync(dirname(join(app, 'node_modules', tool)), { recursive: true })
    symlinkSync(join(root, 'node_modules', tool), join(app, 'node_modules', tool))
  }
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', app], app)
  for (const script of ['run-vue-internals.ts', 'smoke.ts'])
    await run(process.execPath, ['--no-warnings', '--import', './test/package/peers-app/page.ts', `test/package/peers-app/${script}`], app)
}

/** The installed version of each peer. */
function describeVersions(name: string): string {
  return peers.map(([peer]) => `${peer} ${versionIn(name, peer)}`).join(', ')
}

/** The version of a package that an app has. */
function versionIn(app: string, dependency: string): string {
  const manifest = readFileSync(join(scratch, app, 'node_modules', dependency, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value, null, 2))
}

/** The output of a program; if the program fails, an error with all of its output. */
async function run(program: string, args: string[], cwd: string): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { cwd, maxBuffer: 2 ** 26 })).stdout
  }
  catch (error) {
    const { stdout, stderr } = error as { stdout: string, stderr: string }
    throw new Error(`${program} ${args.join(' ')} failed in ${cwd}:\n${stdout}\n${stderr}`, { cause: error })
  }
}

await check().finally(() => rmSync(scratch, { recursive: true, force: true }))
