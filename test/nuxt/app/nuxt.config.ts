import { buildConfig, convexOptions, isPlain } from '../build-config'

export default defineNuxtConfig({
  ...buildConfig,
  modules: [...buildConfig.modules],
  convex: { functions: '../../support/convex', ...convexOptions },
  routeRules: {
    // Prerendering takes a server that is built for it alone: it varies with nothing.
    ...(isPlain ? { '/prerendered': { prerender: true } } : {}),
    '/cached': { swr: 60 },
    '/cached-island': { swr: 60 },
    '/browser-only': { ssr: false },
  },
})
