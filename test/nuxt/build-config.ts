import process from 'node:process'
import { fileURLToPath } from 'node:url'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** Where a build goes, and what it varies: see `buildApp`. */
const { FIXTURE_OUTPUT, FIXTURE_OPTIONS = '{}', FIXTURE_MODULES = '', FIXTURE_JSON_PAYLOADS } = process.env

/** Whether a build varies nothing. */
export const isPlain = FIXTURE_OPTIONS === '{}' && !FIXTURE_MODULES && FIXTURE_JSON_PAYLOADS !== 'false'

/** What the apps of the tests have in common: the module and the library are sources, and a build goes to a folder of its own. */
export const buildConfig = {
  modules: [...FIXTURE_MODULES.split(' ').filter(Boolean), path('../../src/nuxt/module.ts')],
  compatibilityDate: '2026-11-01',
  alias: {
    'convue/server': path('../../src/server/index.ts'),
    'convue': path('../../src/index.ts'),
  },
  buildDir: `${FIXTURE_OUTPUT}/build`,
  // What a build spends most of its time on, and no test looks at: copies of packages, source maps, sizes.
  sourcemap: false,
  nitro: { output: { dir: `${FIXTURE_OUTPUT}/output`, publicDir: `${FIXTURE_OUTPUT}/output/public` }, externals: { trace: false }, minify: false },
  vite: { build: { reportCompressedSize: false } },
  experimental: { renderJsonPayloads: FIXTURE_JSON_PAYLOADS !== 'false' },
  // No browser asks for an icon.
  app: { head: { link: [{ rel: 'icon', href: 'data:,' }] } },
  devtools: { enabled: false },
  telemetry: false,
} as const

export const convexOptions: Record<string, unknown> = JSON.parse(FIXTURE_OPTIONS)
