import { addServerHandler, createResolver, defineNuxtModule } from 'nuxt/kit'

/** What an app with `@onmax/nuxt-better-auth` adds if Better Auth runs elsewhere: proxy routes and client options. */
export default defineNuxtModule({
  setup(_options, nuxt) {
    const { resolve } = createResolver(import.meta.url)
    Object.assign(nuxt.options, { auth: { clientOnly: true, clientConfig: resolve('./auth.config') } })
    addServerHandler({ route: '/api/auth/**', handler: resolve('./app-routes') })
  },
})
