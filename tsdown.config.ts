import { defineConfig } from 'tsdown'

// One build for all entries: what they share, errors above all, is the same class wherever it comes from.
export default defineConfig({
  entry: {
    'index': 'src/index.ts',
    'server': 'src/server/index.ts',
    'testing': 'src/testing/index.ts',
    'testing-worker': 'src/testing/worker.ts',
  },
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
  deps: { neverBundle: /^node:/ },
  dts: { vue: true },
})
