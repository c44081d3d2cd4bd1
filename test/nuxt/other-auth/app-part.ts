import { addServerHandler, createResolver, defineNuxtModule } from 'nuxt/kit'

/** Adds proxy routes and client options for Better Auth on another server. */
export default defineNuxtModule({
  setup(_options, nuxt) {
    const { resolve } = createResolver(import.meta.url)
    Object.assign(nuxt.options, { auth: { clientOnly: true, clientConfig: resolve('./auth.config') } })
    addServerHandler({ route: '/api/auth/**', handler: resolve('./app-routes') })
  },
})
