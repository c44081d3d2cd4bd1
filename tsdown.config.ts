import { defineConfig } from 'tsdown'

export default defineConfig([
  // One build for all entries: what they share, errors above all, is the same class wherever it comes from.
  {
    entry: {
      'index': 'src/index.ts',
      'convex': 'src/convex/index.ts',
      'convex-client': 'src/convex/client/index.ts',
      'server': 'src/server/index.ts',
      'testing': 'src/testing/index.ts',
      'testing-worker': 'src/testing/thread/entry.ts',
      'testing-functions': 'src/testing/functions/thread.ts',
    },
    platform: 'neutral',
    target: 'es2022',
    fixedExtension: false,
    deps: { neverBundle: /^node:/ },
    dts: { vue: true },
  },
  // File by file, as Nuxt takes them: it bundles them with the app, where `convue` and its other entries are the app's own.
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
    // Declarations are no entries of a build.
    copy: [{ from: 'src/nuxt/runtime/types.d.ts', to: 'dist/nuxt/runtime' }],
  },
])
