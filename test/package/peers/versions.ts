/** Tries the package with a version of each peer: types, internals of Vue, and a run of a whole app. */
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SUPPORTED_VERSIONS } from '../../../src/versions/supported-versions.ts'
import { npm } from './package-managers.ts'
import { ROOT, run, runNode, versionIn, writeJson } from './run.ts'

/** What the smoke test needs in addition to the peers. */
const TOOLS = ['happy-dom', '@types/node', '@types/ws']

// The tests of the repository run in Vitest itself, whose peers are not those of the other packages. The query libraries have apps of
// their own: the oldest Pinia Colada requires a newer Vue than the oldest that Convue supports.
const {
  'nuxt': _inOtherCheck,
  'vitest': _inTests,
  '@pinia/colada': _inPiniaColadaApp,
  '@tanstack/vue-query': _inTanStackApp,
  ...others
} = SUPPORTED_VERSIONS

/** The app has no Nuxt: check-nuxt.ts builds one that has. The component supports only Better Auth 1.6. */
const PEERS: Record<string, string> = { ...others, 'better-auth': '>=1.6.34 <1.7', '@convex-dev/better-auth': '^0.12.5' }

const SHARED = ['test/package/peers-app', 'test/support/convex', 'src/reactivity/vue-internals.ts', 'src/reactivity/run-user-callback.ts']

/** Installs the package with the oldest or the newest version of each peer in the folder `app`, which it returns. */
export async function tryVersions(app: string, packed: string, age: 'oldest' | 'newest', replaced: Record<string, string> = {}): Promise<string> {
  for (const path of SHARED)
    cpSync(join(ROOT, path), join(app, path), { recursive: true })
  const peers = Object.fromEntries(Object.entries(PEERS).map(([peer, range]) =>
    [peer, age === 'oldest' ? range.match(/\d+\.\d+\.\d+/)![0] : range]))
  writeJson(join(app, 'package.json'), {
    name: age,
    private: true,
    type: 'module',
    dependencies: { ...peers, ...replaced, convue: `file:${packed}` },
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
  if (Object.keys(replaced).length > 0)
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--legacy-peer-deps'], app)
  else
    await npm.install(app)
  for (const tool of TOOLS) {
    mkdirSync(dirname(join(app, 'node_modules', tool)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', tool), join(app, 'node_modules', tool))
  }
  await runNode([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', app], app)
  for (const script of ['run-vue-internals.ts', 'smoke.ts'])
    await runNode(['--import', './test/package/peers-app/page.ts', `test/package/peers-app/${script}`], app)
  return app
}

/** The installed version of each peer. */
export function describeVersions(app: string): string {
  return Object.keys(PEERS).map(peer => `${peer} ${versionIn(app, peer)}`).join(', ')
}
