import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** What the tests, benchmarks and examples of this repository share: `convue` always means the sources, never an old build. */
export default defineConfig({
  plugins: [vue()],
  resolve: {
    alias: [
      { find: /^convue\/convex\/client$/, replacement: source('./src/convex/client/index.ts') },
      { find: /^convue\/convex$/, replacement: source('./src/convex/index.ts') },
      { find: /^convue\/convex\/database$/, replacement: source('./src/convex/http-database/index.ts') },
      { find: /^convue\/persist$/, replacement: source('./src/persist/index.ts') },
      { find: /^convue\/server$/, replacement: source('./src/server/index.ts') },
      { find: /^convue\/testing$/, replacement: source('./src/testing/index.ts') },
      { find: /^convue\/testing\/mock$/, replacement: source('./src/mock/index.ts') },
      { find: /^convue\/offline$/, replacement: source('./src/offline/index.ts') },
      { find: /^convue\/pinia-colada$/, replacement: source('./src/pinia-colada/index.ts') },
      { find: /^convue\/tanstack-query$/, replacement: source('./src/tanstack-query/index.ts') },
      { find: /^convue\/sources$/, replacement: source('./src/sources/index.ts') },
      { find: /^convue\/tabs$/, replacement: source('./src/tabs/index.ts') },
      { find: /^convue\/tabs\/worker(?=\?|$)/, replacement: source('./src/tabs/worker/index.ts') },
      { find: /^convue\/dev$/, replacement: source('./src/dev/index.ts') },
      { find: /^convue\/vite$/, replacement: source('./src/vite/index.ts') },
      { find: /^convue\/vitest$/, replacement: source('./src/vitest/index.ts') },
      { find: /^convue$/, replacement: source('./src/index.ts') },
    ],
  },
})
