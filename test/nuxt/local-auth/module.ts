import { addServerHandler, createResolver, defineNuxtModule, extendPages } from 'nuxt/kit'

/** The part that an app with `auth: 'local'` adds itself: Better Auth in a server route. */
export default defineNuxtModule({
  setup() {
    const { resolve } = createResolver(import.meta.url)
    addServerHandler({ route: '/api/auth/**', handler: resolve('./routes') })
    addServerHandler({ route: '/auth-test', handler: resolve('./test-route') })
    addServerHandler({ middleware: true, handler: resolve('./middleware') })
    // Where an app has no routes of Better Auth, a page may answer instead.
    extendPages(pages => void pages.push({ name: 'catch-all', path: '/elsewhere/:path(.*)*', file: resolve('./catch-all.vue') }))
  },
})
