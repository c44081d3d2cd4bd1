import { addImports, addServerHandler, createResolver, defineNuxtModule } from 'nuxt/kit'

/** Stands for `@onmax/nuxt-better-auth`: its name, its `useUserSession` with a client, and auth routes of its own. */
export default defineNuxtModule({
  meta: { name: '@onmax/nuxt-better-auth' },
  setup(_options, nuxt) {
    const { resolve } = createResolver(import.meta.url)
    nuxt.options.build.transpile.push(resolve('.'))
    addImports({ name: 'useUserSession', from: resolve('./use-user-session') })
    addServerHandler({ route: '/api/auth/**', handler: resolve('./auth-routes') })
  },
})
