import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { buildConfig, convexOptions } from '../build-config'

/** The folder of the real module, or else the stand-in. */
const { NUXT_BETTER_AUTH } = process.env
const otherModule = NUXT_BETTER_AUTH ? `${NUXT_BETTER_AUTH}/dist/module.mjs` : fileURLToPath(new URL('../other-auth/module.ts', import.meta.url))

/** An app with Better Auth on its own server, and Convex as the database of Better Auth. */
export default defineNuxtConfig({
  ...buildConfig,
  modules: [...buildConfig.modules, '@onmax/nuxt-better-auth'],
  alias: { '@onmax/nuxt-better-auth': otherModule, ...buildConfig.alias },
  convex: { functions: '../../convex/apps/http-database/convex', ...convexOptions },
  routeRules: { '/kept': { isr: 60 } },
})
