import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  define: { 'process.env.NODE_ENV': '"production"' },
  resolve: { alias: { convue: fileURLToPath(new URL('../src/index.ts', import.meta.url)) } },
  test: {
    environment: 'happy-dom',
    include: ['bench/**/*.bench.ts'],
    testTimeout: 300_000,
    disableConsoleIntercept: true,
    fileParallelism: false,
  },
})
