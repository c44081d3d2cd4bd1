import { buildConfig } from '../build-config'

/** An app with its own auth client and auth routes, before code is generated from its functions. */
export default defineNuxtConfig({
  ...buildConfig,
  modules: [...buildConfig.modules],
  // Without this option, the `convex.json` of the repository would name the functions.
  convex: { auth: 'external', functions: 'convex' },
})
