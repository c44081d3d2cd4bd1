import { readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

const mark = `data:image/svg+xml,${encodeURIComponent(readFileSync(path('../src/mark.svg'), 'utf8'))}`

// A real app has `modules: ['convue/nuxt']` and needs no aliases. Here, the module and the library are the sources in
// this repository.
export default defineNuxtConfig({
  modules: [path('../../src/nuxt/module.ts')],
  alias: {
    'convue/convex/client': path('../../src/convex/client/index.ts'),
    'convue/convex/database': path('../../src/convex/http-database/index.ts'),
    'convue/dev': path('../../src/dev/index.ts'),
    'convue/offline': path('../../src/offline/index.ts'),
    'convue/persist': path('../../src/persist/index.ts'),
    'convue/server': path('../../src/server/index.ts'),
    'convue/testing/mock': path('../../src/mock/index.ts'),
    'convue/testing': path('../../src/testing/index.ts'),
    'convue': path('../../src/index.ts'),
  },
  convex: {
    functions: '../convex',
    homePath: '/tasks',
    outbox: true,
    dev: { data: false },
  },
  css: ['tokens', 'base', 'controls'].map(name => path(`../src/styles/${name}.css`)),
  app: {
    rootId: 'app',
    head: {
      htmlAttrs: { lang: 'en' },
      link: [{ rel: 'icon', type: 'image/svg+xml', href: mark }],
      // Runs before the first paint, so that the page does not flash in another theme.
      script: [{ innerHTML: 'try { document.documentElement.dataset.theme = localStorage.getItem("playground:theme") ?? "auto" } catch {}', tagPosition: 'head' }],
    },
  },
  compatibilityDate: '2026-11-01',
  // With the authorization, a developer confirms in the terminal that the browser may use DevTools, which a program cannot.
  devtools: { enabled: process.env.PLAYGROUND_DEVTOOLS !== 'false', disableAuthorization: process.env.PLAYGROUND_DEVTOOLS === 'unlocked' },
  telemetry: false,
})
