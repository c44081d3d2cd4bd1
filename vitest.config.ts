import type { TestProjectInlineConfiguration } from 'vitest/config'
import type { Line } from './test/adapter/resolve-line.ts'
import { defineConfig, mergeConfig } from 'vitest/config'
import { resolveLine } from './test/adapter/resolve-line.ts'
import { machineFactor } from './test/support/environment/machine-factor.ts'
import { resolveVite7 } from './test/vite/resolve-vite-7.ts'
import viteConfig from './vite.config.ts'

/** Time limits are for tests that hang: they are longer on a machine that is slow or busy at the start. */
const factor = machineFactor()
const seconds = (count: number): number => count * 1000 * factor

const PAGE_ENVIRONMENT = './test/support/environment/page-environment.ts'

/** Builds of a Nuxt app for the hosts, one for each. */
const PRESETS = 'test/nuxt/presets.test.ts'

type ProjectTest = NonNullable<TestProjectInlineConfiguration['test']> & { name: string }

/** How long `expect.poll` waits for a condition. Vitest's default of a second is too short for a busy machine. */
const POLL = { timeout: seconds(60), interval: 10 }

function project({ testTimeout = seconds(240), ...test }: ProjectTest): TestProjectInlineConfiguration {
  return { extends: true, test: { testTimeout, hookTimeout: testTimeout, expect: { poll: POLL }, ...test } }
}

/** A project whose tests fail if something is written to the console unexpectedly. */
function guarded(test: ProjectTest): TestProjectInlineConfiguration {
  return project({ setupFiles: ['./test/support/environment/console-guard.ts'], ...test })
}

/** Better Auth's own tests of database adapters, which write to the console. */
function adapterProject(line: Line): TestProjectInlineConfiguration {
  const test = { name: `adapter-${line.replace('line-', '')}`, environment: 'node', include: [`test/adapter/${line}/*.test.ts`] }
  return { ...project(test), plugins: [resolveLine(line)] }
}

/** Tests of the Vite plugin with the oldest version of Vite that Convue supports. */
function viteProject7(): TestProjectInlineConfiguration {
  const include = ['test/vite/{version,embedded,remote}.test.ts']
  const test = { name: 'vite-7', environment: 'node', include, env: { VITE_MAJOR: '7' } }
  return { ...guarded(test), plugins: [resolveVite7()] }
}

/**
 * One project for each layer of proof, from pure functions to a real browser. `npm test` runs the
 * layers that prove the library; the slow ones have commands of their own (see CONTRIBUTING.md).
 */
export default mergeConfig(viteConfig, defineConfig({
  server: {
    // The docs tests write there: watching it would run them without end.
    watch: { ignored: ['**/.docs-examples/**'] },
  },
  test: {
    // Tests mostly wait for a deployment, a browser or a clock.
    maxWorkers: '100%',
    projects: [
      // `vmThreads`: a process for each file would spend more time on starting than on testing.
      guarded({
        name: 'unit',
        pool: 'vmThreads',
        environment: 'happy-dom',
        include: ['test/unit/**/*.test.ts'],
      }),
      guarded({
        name: 'model',
        pool: 'vmThreads',
        environment: 'happy-dom',
        include: ['test/model/**/*.test.ts'],
      }),
      guarded({ name: 'ssr', environment: 'node', include: ['test/ssr/**/*.test.ts'] }),
      guarded({
        name: 'security',
        environment: 'happy-dom',
        include: ['test/security/**/*.test.ts'],
        exclude: ['test/security/**/*.nuxt.test.ts'],
      }),
      project({
        name: 'types',
        include: [],
        typecheck: {
          enabled: true,
          only: true,
          checker: 'vue-tsc',
          include: ['test/types/**/*.test-d.ts'],
          tsconfig: './tsconfig.json',
        },
      }),
      guarded({
        name: 'live',
        environment: 'node',
        include: ['test/{server,live,package}/**/*.test.ts'],
      }),
      guarded({ name: 'deployment', environment: 'node', include: ['test/testing/**/*.test.ts'] }),
      guarded({ name: 'vite', environment: 'node', include: ['test/vite/**/*.test.ts'], env: { VITE_MAJOR: '8' } }),
      viteProject7(),
      guarded({ name: 'cli', environment: 'node', include: ['test/cli/**/*.test.ts'] }),
      guarded({ name: 'convex', environment: 'node', include: ['test/convex/**/*.test.ts'] }),
      guarded({ name: 'components', environment: 'node', include: ['test/convex-components/*.test.ts'] }),
      adapterProject('line-1.6'),
      adapterProject('line-1.7'),
      guarded({
        name: 'heap',
        environment: 'happy-dom',
        include: ['test/heap/**/*.test.ts'],
        execArgv: ['--expose-gc'],
      }),
      guarded({ name: 'faults', environment: PAGE_ENVIRONMENT, include: ['test/faults/**/*.test.ts'] }),
      guarded({ name: 'docs', environment: PAGE_ENVIRONMENT, include: ['test/docs/**/*.test.ts'] }),
      project({ name: 'site', environment: 'node', include: ['test/site/**/*.test.ts'], globalSetup: ['./test/site/setup.ts'] }),
      project({
        name: 'nuxt',
        environment: 'node',
        // An option `exclude` of a project would override the option of the command line.
        include: ['test/nuxt/**/!(presets).test.ts', 'test/security/**/*.nuxt.test.ts'],
        globalSetup: ['./test/nuxt/setup.ts'],
      }),
      project({ name: 'presets', environment: 'node', include: [PRESETS] }),
      project({ name: 'firefox', environment: 'node', include: ['test/firefox/**/*.test.ts'] }),
      project({ name: 'browser', environment: 'node', include: ['test/browser/**/*.test.ts'] }),
    ],
  },
}))
