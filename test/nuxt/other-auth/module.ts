import { addImports, addPlugin, createResolver, defineNuxtModule } from 'nuxt/kit'

/**
 * A stand-in for `@onmax/nuxt-better-auth` 0.0.2-alpha.31 with `clientOnly`, with everything that Convue depends on: its
 * name and that of its options, its `useUserSession` over Nuxt's state and a client that only browsers have, its page rules,
 * and its request for the session if nothing was rendered. The real module installs 340 packages, Prisma among them, so the
 * tests use it only if `NUXT_BETTER_AUTH` names its folder.
 */
export default defineNuxtModule({
  meta: { name: '@onmax/nuxt-better-auth', configKey: 'auth' },
  setup(options: { clientConfig?: string }, nuxt) {
    const { resolve } = createResolver(import.meta.url)
    nuxt.options.build.transpile.push(resolve('.'))
    nuxt.options.alias['#auth/client'] = options.clientConfig!
    nuxt.options.runtimeConfig.public.auth = { redirects: { login: '/login' } }
    addImports({ name: 'useUserSession', from: resolve('./use-user-session') })
    addPlugin({ src: resolve('./session.client'), mode: 'client' })
    nuxt.hook('app:resolve', app => void app.middleware.push({ name: 'auth', path: resolve('./page-rules'), global: true }))
  },
})
