import { defineConfig } from 'tsdown'

export default defineConfig([
  {
    entry: { index: 'src/index.ts' },
    platform: 'neutral',
    target: 'es2022',
    fixedExtension: false,
    dts: { vue: true },
  },
  {
    entry: { 'testing': 'src/testing/index.ts', 'testing-worker': 'src/testing/worker.ts' },
    platform: 'node',
    target: 'node20',
    fixedExtension: false,
    dts: true,
  },
])
