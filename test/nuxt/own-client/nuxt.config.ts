import { buildConfig } from '../build-config'

/** An app that authenticates by itself, with a client and routes of its own, and whose functions nobody has generated yet. */
export default defineNuxtConfig({
  ...buildConfig,
  modules: [...buildConfig.modules],
  convex: { auth: 'external' },
})
