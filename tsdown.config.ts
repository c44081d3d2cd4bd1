import { defineConfig } from 'tsdown'

export default defineConfig([
  // One build for all entries, so that they share their code. For example, an error has the same class whichever entry it is imported from.
  {
    entry: {
      'index': 'src/index.ts',
      'convex': 'src/convex/index.ts',
      'convex-client': 'src/convex/client/index.ts',
      'convex-database': 'src/convex/http-database/index.ts',
      'pinia-colada': 'src/pinia-colada/index.ts',
      'server': 'src/server/index.ts',
      'persist': 'src/persist/index.ts',
      'offline': 'src/offline/index.ts',
      'sources': 'src/sources/index.ts',
      'tabs': 'src/tabs/index.ts',
      'tabs-worker': 'src/tabs/worker/index.ts',
      'tanstack-query': 'src/tanstack-query/index.ts',
      'testing': 'src/testing/index.ts',
      'mock': 'src/mock/index.ts',
      'testing-worker': 'src/testing/thread/entry.ts',
      'testing-functions': 'src/testing/functions/thread.ts',
      'dev': 'src/dev/index.ts',
      'vite': 'src/vite/index.ts',
      'vitest': 'src/vitest/index.ts',
      'cli': 'src/cli/index.ts',
    },
    platform: 'neutral',
    target: 'es2022',
    fixedExtension: false,
    deps: { neverBundle: /^node:/ },
    dts: { vue: true },
  },
  // The script of the data viewer's page, in one file.
  {
    entry: { 'viewer-client': 'src/dev/viewer/client/entry.ts' },
    platform: 'browser',
    target: 'es2022',
    fixedExtension: false,
    dts: false,
    clean: false,
  },
  // One output file for each source file, because Nuxt bundles these files with the app. Their imports of `convue` and of its
  // other entries then resolve to the copy that the app has installed.
  {
    entry: ['src/nuxt/module.ts', 'src/nuxt/runtime/**/*.ts', '!**/*.d.ts'],
    outDir: 'dist/nuxt',
    root: 'src/nuxt',
    unbundle: true,
    platform: 'neutral',
    target: 'es2022',
    fixedExtension: false,
    deps: { neverBundle: /^(?![./]|.*\/src\/nuxt\/)/ },
    dts: true,
    // A declaration file cannot be an entry of a build.
    copy: [{ from: 'src/nuxt/runtime/types.d.ts', to: 'dist/nuxt/runtime' }],
  },
])
