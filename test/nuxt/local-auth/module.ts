import { addServerHandler, createResolver, defineNuxtModule } from 'nuxt/kit'

/** The part that an app with `auth: 'local'` adds itself: Better Auth in a server route. */
export default defineNuxtModule({
  setup() {
    const { resolve } = createResolver(import.meta.url)
    addServerHandler({ route: '/api/auth/**', handler: resolve('./routes') })
    addServerHandler({ route: '/auth-test', handler: resolve('./test-route') })
    addServerHandler({ middleware: true, handler: resolve('./middleware') })
  },
})
