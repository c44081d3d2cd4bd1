import { buildConfig, convexOptions, isPlain } from '../build-config'

/** What lets every cache keep a response, in all the ways in which one can be told. */
const publicHeaders = Object.fromEntries(['Cache-Control', 'CDN-Cache-Control', 'Netlify-CDN-Cache-Control', 'Vercel-CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control']
  .map(name => [name, 'public, s-maxage=600']))

export default defineNuxtConfig({
  ...buildConfig,
  modules: [...buildConfig.modules],
  // No test may depend on how fast the machine is; a build of its own tests the limit.
  convex: { functions: '../../support/convex', server: { timeoutMs: 120_000 }, ...convexOptions },
  routeRules: {
    // Prerendering takes a server that is built for it alone: it varies with nothing.
    ...(isPlain ? { '/prerendered': { prerender: true } } : {}),
    '/cached': { swr: 60 },
    '/cached-island': { swr: 60 },
    '/browser-only': { ssr: false },
    '/kept/isr': { isr: 60 },
    '/kept/swr': { swr: 60 },
    '/kept/cache': { cache: { maxAge: 60, varies: ['cookie'] } },
    '/kept/caf%C3%A9': { isr: 60 },
    // As a rule for all paths would: the module keeps its own routes out of it.
    '/api/auth/**': { isr: 60 },
    '/ending/**': { headers: publicHeaders },
    '/ending/isr': { isr: true },
  },
})
