/** The routes of Better Auth on the app's own origin, and the rules of pages. */
import { addPlugin, addRouteMiddleware, addServerHandler, createResolver, extendRouteRules } from 'nuxt/kit'

const { resolve } = createResolver(import.meta.url)

export function addAuthRoutes(basePath: string): void {
  const route = `${basePath}/**`
  // No cache may keep the responses of these routes, even if a more general route rule enables a
  // cache.
  extendRouteRules(route, { cache: false, swr: false, isr: false, prerender: false } as object, { override: true })
  addServerHandler({ route, handler: resolve('../runtime/server/handlers/auth-proxy') })
}

export function addPageRules(): void {
  addRouteMiddleware({ name: 'convue-auth', path: resolve('../runtime/app/middleware/page-auth'), global: true })
  addPlugin({ src: resolve('../runtime/app/plugins/page-auth.client'), mode: 'client' })
}
