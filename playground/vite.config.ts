import type { Plugin } from 'vite'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, loadEnv } from 'vite'
import vueDevTools from 'vite-plugin-vue-devtools'
import { convue } from '../src/vite/index.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** `npx convex dev` writes the address of a real deployment into the file `.env.local` of this folder. */
const envDir = path('..')

// An app imports `convue` from `convue/vite`, and needs no aliases. Here, the plugin and the library are the sources in
// this repository.
export default defineConfig(({ mode }) => ({
  root: path('.'),
  envDir,
  plugins: [vue(), vueDevTools({ componentInspector: false }), convue({ data: false }), reloadForLibrary()],
  resolve: {
    alias: [
      { find: /^convue\/testing\/mock$/, replacement: path('../src/mock/index.ts') },
      { find: /^convue\/persist$/, replacement: path('../src/persist/index.ts') },
      { find: /^convue\/testing$/, replacement: path('../src/testing/index.ts') },
      { find: /^convue\/tabs$/, replacement: path('../src/tabs/index.ts') },
      { find: /^convue\/tabs\/worker(?=\?|$)/, replacement: path('../src/tabs/worker/index.ts') },
      { find: /^convue\/offline$/, replacement: path('../src/offline/index.ts') },
      { find: /^convue$/, replacement: path('../src/index.ts') },
    ],
  },
  build: {
    rollupOptions: { input: [path('index.html'), path('tabs.html')] },
  },
  server: {
    ...process.env.PORT && { port: readPort(process.env.PORT) },
    // A real deployment accepts only the origin `SITE_URL`, which contains the port.
    strictPort: Boolean(process.env.PORT) || usesRealDeployment(mode),
  },
  optimizeDeps: {
    // Listed here, because Vite reloads the page when it discovers a dependency only after the
    // start.
    include: [
      '@convex-dev/better-auth/client/plugins',
      '@vue/devtools-api',
      'better-auth/vue',
      'convex/browser',
      'convex/server',
      'convex/values',
      'idb',
      'vue',
      'vue-router',
    ],
  },
}))

function readPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`PORT is "${text}", which is not a port. Set it to a number from 1 to 65535, or remove it.`)
  return port
}

function usesRealDeployment(mode: string): boolean {
  const { VITE_CONVEX_URL, CONVEX_DEPLOYMENT } = loadEnv(mode, envDir, ['VITE_', 'CONVEX_'])
  return Boolean(VITE_CONVEX_URL || CONVEX_DEPLOYMENT)
}

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
