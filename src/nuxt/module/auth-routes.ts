/** Adds the routes of Better Auth on the app's own origin, and the rules of pages. */
import { addPlugin, addRouteMiddleware, addServerHandler, createResolver, extendRouteRules } from 'nuxt/kit'

const { resolve } = createResolver(import.meta.url)

/** Adds routes that pass all requests on to Better Auth on the deployment. */
export function addAuthRoutes(basePath: string): void {
  keepOutOfCaches(basePath)
  addServerHandler({ route: `${basePath}/**`, handler: resolve('../runtime/server/handlers/auth-proxy') })
}

/** Keeps the responses of routes that the app itself or another module adds out of caches. */
export function protectAuthRoutes(basePath: string): void {
  keepOutOfCaches(basePath, { headers: { 'cache-control': 'private, no-store', 'vary': 'Cookie' } })
}

/** Adds a route rule that takes precedence over more general rules that enable a cache. */
function keepOutOfCaches(basePath: string, rules: object = {}): void {
  const noCache = { cache: false, swr: false, isr: false, prerender: false }
  extendRouteRules(`${basePath}/**`, { ...noCache, ...rules } as object, { override: true })
}

export function addPageRules(): void {
  addRouteMiddleware({ name: 'convue-auth', path: resolve('../runtime/app/middleware/page-auth'), global: true })
  addPlugin({ src: resolve('../runtime/app/plugins/page-auth.client'), mode: 'client' })
}
