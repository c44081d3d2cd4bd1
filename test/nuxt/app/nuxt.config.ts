import { buildConfig, convexOptions, isPlain } from '../build-config'

/** Headers that let caches keep a response, one for each kind of cache. */
const publicHeaders = Object.fromEntries(['Cache-Control', 'CDN-Cache-Control', 'Netlify-CDN-Cache-Control', 'Vercel-CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control']
  .map(name => [name, 'public, s-maxage=600']))

export default defineNuxtConfig({
  ...buildConfig,
  modules: [...buildConfig.modules],
  // A long limit, so that no test depends on the speed of the machine. Another build tests the limit.
  convex: { functions: '../../support/convex', server: { timeoutMs: 120_000 }, ...convexOptions },
  routeRules: {
    // Prerendering builds a server of its own, which is the same in all variants.
    ...(isPlain ? { '/prerendered': { prerender: true } } : {}),
    '/cached': { swr: 60 },
    '/cached-island': { swr: 60 },
    '/browser-only': { ssr: false },
    '/kept/isr': { isr: 60 },
    '/kept/swr': { swr: 60 },
    '/kept/cache': { cache: { maxAge: 60, varies: ['cookie'] } },
    '/kept/caf%C3%A9': { isr: 60 },
    '/kept/public': { convue: { auth: false } },
    '/plain/public': { convue: { auth: false } },
    // A cache rule like one for all paths, which the module must override for its own routes.
    '/api/auth/**': { isr: 60 },
    '/ending/**': { headers: publicHeaders },
    '/ending/isr': { isr: true },
  },
})
