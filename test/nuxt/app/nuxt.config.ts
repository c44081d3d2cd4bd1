import process from 'node:process'
import { fileURLToPath } from 'node:url'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** Where a build goes, and what it varies. */
const { FIXTURE_OUTPUT, FIXTURE_OPTIONS = '{}', FIXTURE_MODULES = '' } = process.env

export default defineNuxtConfig({
  modules: [...FIXTURE_MODULES.split(' ').filter(Boolean), path('../../../src/nuxt/module.ts')],
  compatibilityDate: '2026-11-01',
  alias: {
    'convue/server': path('../../../src/server/index.ts'),
    'convue': path('../../../src/index.ts'),
  },
  buildDir: `${FIXTURE_OUTPUT}/build`,
  nitro: { output: { dir: `${FIXTURE_OUTPUT}/output` } },
  convex: { functions: '../../support/convex', ...JSON.parse(FIXTURE_OPTIONS) },
  routeRules: {
    '/prerendered': { prerender: true },
    '/cached': { swr: 60 },
    '/browser-only': { ssr: false },
  },
  devtools: { enabled: false },
  telemetry: false,
})
