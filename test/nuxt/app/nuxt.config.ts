import process from 'node:process'
import { fileURLToPath } from 'node:url'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** Where a build goes, and what it varies. */
const { FIXTURE_OUTPUT, FIXTURE_OPTIONS = '{}', FIXTURE_MODULES = '' } = process.env

/** Prerendering takes a server that is built for it alone: it varies with nothing. */
const isPlain = FIXTURE_OPTIONS === '{}' && !FIXTURE_MODULES

export default defineNuxtConfig({
  modules: [...FIXTURE_MODULES.split(' ').filter(Boolean), path('../../../src/nuxt/module.ts')],
  compatibilityDate: '2026-11-01',
  alias: {
    'convue/server': path('../../../src/server/index.ts'),
    'convue': path('../../../src/index.ts'),
  },
  buildDir: `${FIXTURE_OUTPUT}/build`,
  // What a build spends most of its time on, and no test looks at: copies of packages, source maps, sizes.
  sourcemap: false,
  nitro: { output: { dir: `${FIXTURE_OUTPUT}/output` }, externals: { trace: false }, minify: false },
  vite: { build: { reportCompressedSize: false } },
  convex: { functions: '../../support/convex', ...JSON.parse(FIXTURE_OPTIONS) },
  routeRules: {
    ...(isPlain ? { '/prerendered': { prerender: true } } : {}),
    '/cached': { swr: 60 },
    '/browser-only': { ssr: false },
  },
  devtools: { enabled: false },
  telemetry: false,
})
