import type { Plugin } from 'vite'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/**
 * The configuration of the app. `startPlayground` adds the server, its proxy and the deployment's
 * URL.
 */
export default defineConfig({
  root: path('.'),
  plugins: [vue(), reloadForLibrary()],
  resolve: {
    alias: [
      { find: /^convue\/testing\/mock$/, replacement: path('../src/mock/index.ts') },
      { find: /^convue\/testing$/, replacement: path('../src/testing/index.ts') },
      { find: /^convue$/, replacement: path('../src/index.ts') },
    ],
  },
  optimizeDeps: {
    // Listed here, because Vite reloads the page when it discovers a dependency only after the
    // start.
    include: [
      '@convex-dev/better-auth/client/plugins',
      'better-auth/vue',
      'convex/browser',
      'convex/server',
      'convex/values',
      'vue',
      'vue-router',
    ],
  },
})

/**
 * Reloads the page when a module of the library changes. If Vite replaced only this module, the new module would not
 * find the plugin that the previous module has installed.
 */
function reloadForLibrary(): Plugin {
  return {
    name: 'reload-for-library',
    hotUpdate({ file }) {
      if (!file.startsWith(path('../src/')))
        return
      this.environment.hot.send({ type: 'full-reload' })
      return []
    },
  }
}
