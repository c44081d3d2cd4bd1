import process from 'node:process'
import { fileURLToPath } from 'node:url'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** The folder of the build; whether the app uses the `package` or the `sources`. */
const { BENCH_OUTPUT, BENCH_CONVUE } = process.env

const sources = {
  modules: [path('../../src/nuxt/module.ts')],
  alias: {
    'convue/convex/client': path('../../src/convex/client/index.ts'),
    'convue/convex/database': path('../../src/convex/http-database/index.ts'),
    'convue/persist': path('../../src/persist/index.ts'),
    'convue/server': path('../../src/server/index.ts'),
    'convue': path('../../src/index.ts'),
  },
}

export default defineNuxtConfig({
  ...BENCH_CONVUE === 'package' ? { modules: ['convue/nuxt'] } : sources,
  convex: { functions: '../../test/support/convex' },
  buildDir: `${BENCH_OUTPUT}/build`,
  nitro: { output: { dir: `${BENCH_OUTPUT}/output` } },
  compatibilityDate: '2026-11-01',
  devtools: { enabled: false },
  telemetry: false,
})
