import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * One Vitest project per layer of proof: pure units, types, rendering on a server, real backends in a process, a real browser.
 * `convue` always means the source, so that a test never runs against a stale build.
 */
export default defineConfig({
  plugins: [
    vue(),
  ],
  resolve: {
    alias: [
      {
        find: /^convue\/server$/,
        replacement: source('./src/server/index.ts'),
      },
      {
        find: /^convue\/testing$/,
        replacement: source('./src/testing/index.ts'),
      },
      {
        find: /^convue$/,
        replacement: source('./src/index.ts'),
      },
    ],
  },
  server: {
    // Written by the tests of the documentation: watching it would run them for ever.
    watch: { ignored: ['**/.docs-examples/**'] },
  },
  test: {
    // Much of the time a test waits: for a deployment, a browser or a clock. Limits of time are for what hangs, not for what is slow.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // A process for each file would spend more time on starting than on testing.
          pool: 'vmThreads',
          setupFiles: ['./test/support/environment/console-guard.ts'],
          environment: 'happy-dom',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'model',
          pool: 'vmThreads',
          setupFiles: ['./test/support/environment/console-guard.ts'],
          environment: 'happy-dom',
          include: ['test/model/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'ssr',
          setupFiles: ['./test/support/environment/console-guard.ts'],
          environment: 'node',
          include: ['test/ssr/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'live',
          setupFiles: ['./test/support/environment/console-guard.ts'],
          environment: 'node',
          include: ['test/{server,testing,live,package}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          setupFiles: ['./test/support/environment/console-guard.ts'],
          environment: './test/support/environment/page-environment.ts',
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'security',
          setupFiles: ['./test/support/environment/console-guard.ts'],
          environment: 'happy-dom',
          include: ['test/security/**/*.test.ts'],
          exclude: ['test/security/**/*.nuxt.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'docs',
          setupFiles: ['./test/support/environment/console-guard.ts'],
          environment: './test/support/environment/page-environment.ts',
          include: ['test/docs/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: 'vue-tsc',
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: './tsconfig.json',
          },
        },
      },
      {
        extends: true,
        test: {
          name: 'heap',
          setupFiles: ['./test/support/environment/console-guard.ts'],
          environment: 'happy-dom',
          include: ['test/heap/**/*.test.ts'],
          execArgv: ['--expose-gc'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'nuxt',
          environment: 'node',
          include: ['test/nuxt/**/*.test.ts', 'test/security/**/*.nuxt.test.ts'],
          globalSetup: ['./test/nuxt/setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
