import process from 'node:process'
import { fileURLToPath } from 'node:url'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** The output folder of a build, and its variant: see `buildApp`. */
const { FIXTURE_OUTPUT, FIXTURE_OPTIONS = '{}', FIXTURE_MODULES = '', FIXTURE_JSON_PAYLOADS, NITRO_PRESET } = process.env

/** Whether a build has no variant. */
export const isPlain = FIXTURE_OPTIONS === '{}' && !FIXTURE_MODULES && FIXTURE_JSON_PAYLOADS !== 'false' && !NITRO_PRESET

/** What all test apps share: module and library are used as source, and each build has its own folder. */
export const buildConfig = {
  modules: [...FIXTURE_MODULES.split(' ').filter(Boolean), path('../../src/nuxt/module.ts')],
  compatibilityDate: '2026-11-01',
  alias: {
    'convue/convex/client': path('../../src/convex/client/index.ts'),
    'convue/convex/database': path('../../src/convex/http-database/index.ts'),
    'convue/convex': path('../../src/convex/index.ts'),
    'convue/dev': path('../../src/dev/index.ts'),
    'convue/offline': path('../../src/offline/index.ts'),
    'convue/persist': path('../../src/persist/index.ts'),
    'convue/server': path('../../src/server/index.ts'),
    'convue/tabs/worker': path('../../src/tabs/worker/index.ts'),
    'convue/tabs': path('../../src/tabs/index.ts'),
    'convue/testing': path('../../src/testing/index.ts'),
    'convue': path('../../src/index.ts'),
  },
  buildDir: `${FIXTURE_OUTPUT}/build`,
  // Copies of packages, source maps and reports of sizes take most of the time of a build, and no test needs them.
  sourcemap: false,
  nitro: { output: { dir: `${FIXTURE_OUTPUT}/output`, publicDir: `${FIXTURE_OUTPUT}/output/public` }, externals: { trace: false }, minify: false },
  vite: { build: { reportCompressedSize: false } },
  experimental: { renderJsonPayloads: FIXTURE_JSON_PAYLOADS !== 'false' },
  // Browsers then request no icon.
  app: { head: { link: [{ rel: 'icon', href: 'data:,' }] } },
  devtools: { enabled: false },
  telemetry: false,
} as const

export const convexOptions: Record<string, unknown> = JSON.parse(FIXTURE_OPTIONS)
