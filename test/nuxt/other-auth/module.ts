import { addImports, addPlugin, addServerHandler, addTemplate, createResolver, defineNuxtModule } from 'nuxt/kit'

interface Options {
  clientOnly?: boolean
  serverConfig?: string
  clientConfig?: string
  /** As with NuxtHub's database, which is not installed here. */
  hasHubDb?: boolean
}

interface Provider {
  priority?: number
  isEnabled?: (context: object) => boolean
  setup?: (context: object) => void | Promise<void>
  buildDatabaseCode: (context: object) => string
}

type CallHook = (name: string, providers: Record<string, Provider>) => Promise<void>

/**
 * A stand-in for `@onmax/nuxt-better-auth` 0.0.2-alpha.31, with everything that Convue depends on: its name and that of its
 * options, its routes and its database with the hook for providers, the session that it fetches on the server, its
 * `useUserSession` over Nuxt's state and a client that only browsers have, its page rules, and its request for the session if
 * nothing was rendered. The real module installs 340 packages, Prisma among them, so the tests use it only if
 * `NUXT_BETTER_AUTH` names its folder.
 */
export default defineNuxtModule<Options>({
  meta: { name: '@onmax/nuxt-better-auth', configKey: 'auth' },
  defaults: { clientOnly: false, serverConfig: 'server/auth.config', clientConfig: 'app/auth.config' },
  async setup(options, nuxt) {
    const { resolve } = createResolver(import.meta.url)
    const inProject = createResolver(nuxt.options.rootDir).resolve
    const { clientOnly } = options
    nuxt.options.build.transpile.push(resolve('.'))
    nuxt.options.alias['#auth/client'] = inProject(options.clientConfig!)

    let databaseProvider = 'none'
    if (!clientOnly) {
      nuxt.options.alias['#auth/server'] = inProject(options.serverConfig!)
      const code = 'export function createDatabase() { return undefined }\nexport const db = undefined'
      const providers: Record<string, Provider> = {
        nuxthub: { priority: 100, isEnabled: () => !!options.hasHubDb, buildDatabaseCode: () => code },
        none: { priority: 0, buildDatabaseCode: () => code },
      }
      await (nuxt.callHook as unknown as CallHook)('better-auth:database:providers', providers)
      const enabled = Object.entries(providers).filter(([, provider]) => provider.isEnabled?.({}) ?? true)
      enabled.sort(([, one], [, other]) => (other.priority ?? 0) - (one.priority ?? 0))
      const [id, provider] = enabled[0]!
      databaseProvider = id
      await provider.setup?.({ nuxt, options, clientOnly })
      const context = { hubDialect: 'sqlite', usePlural: false, camelCase: true }
      const { dst } = addTemplate({ filename: 'better-auth/database.mjs', getContents: () => provider.buildDatabaseCode(context), write: true })
      nuxt.options.alias['#auth/database'] = dst
      addServerHandler({ route: '/api/auth/**', handler: resolve('./server-routes') })
      addPlugin({ src: resolve('./session.server'), mode: 'server' })
    }

    nuxt.options.runtimeConfig.public.auth = { redirects: { login: '/login' }, clientOnly, databaseProvider, useDatabase: databaseProvider !== 'none' }
    addImports({ name: 'useUserSession', from: resolve('./use-user-session') })
    addPlugin({ src: resolve('./session.client'), mode: 'client' })
    nuxt.hook('app:resolve', app => void app.middleware.push({ name: 'auth', path: resolve('./page-rules'), global: true }))
  },
})
