import type { ConvexServerOptions } from 'convue/server'
import type { NuxtConfigLayer, NuxtModule } from 'nuxt/schema'
import type { PageTarget } from './module/page-target.ts'
import { existsSync } from 'node:fs'
import process from 'node:process'
import {
  addComponent,
  addImports,
  addPlugin,
  addRouteMiddleware,
  addServerHandler,
  addServerImports,
  addServerPlugin,
  addTemplate,
  addTypeTemplate,
  createResolver,
  defineNuxtModule,
  extendRouteRules,
  findPath,
  hasNuxtModule,
  useLogger,
} from 'nuxt/kit'

export type { ConvexAppConfig, DynamicPageTarget, PageTarget } from './module/page-target.ts'

/**
 * The identity that a page requires: a signed-in user, an anonymous one (`'guest'`), or (`false`) any. `redirectTo`: a signed-in user, and the page to
 * which others are redirected.
 */
export type PageAuth<Target = PageTarget> = 'required' | 'guest' | false | { redirectTo: Target }

/** Options of `convue/nuxt`, under the key `convex` of `nuxt.config.ts`. */
export interface ModuleOptions {
  /** The deployment's address. @default `CONVEX_URL` or `NUXT_PUBLIC_CONVEX_URL` */
  url?: string
  /**
   * The address of its HTTP actions.
   * @default `CONVEX_SITE_URL` or `NUXT_PUBLIC_CONVEX_SITE_URL`, or else `url` with `.convex.site` for `.convex.cloud`
   */
  siteUrl?: string
  /** The folder of the Convex functions, seen from the root of the project, or of the layer that sets this. @default 'convex' */
  functions?: string
  /**
   * `'external'`: another module or the app itself has the routes, pages and names of authentication; Convue takes the identity from its client.
   * @default 'external' beside `@onmax/nuxt-better-auth`, or else 'convue'
   */
  auth?: 'convue' | 'external'
  /**
   * Whether a page that was rendered for a user brings their token along. `false`: no token is in any HTML. The browser hydrates the page at once, and
   * requests a token meanwhile: the identity is unknown until then, for up to 2 seconds.
   * @default true
   */
  tokenInPayload?: boolean
  /**
   * `false`: the auth server has sessions and no token endpoint. Pages and server routes follow the session, and all queries and calls run anonymously:
   * see `createConvex`.
   * @default true
   */
  tokens?: boolean
  /** The rule of pages without `definePageMeta({ auth })`. @default false */
  pageAuth?: PageAuth
  /** The page on which users sign in. @default '/sign-in' */
  signInPath?: PageTarget
  /** The page to which a signed-in user is redirected from a page for guests, unless another page led there. @default '/' */
  homePath?: PageTarget
  /** The path of Better Auth's routes, on the app as on the deployment. @default '/api/auth' */
  basePath?: string
  /** What the app's server needs to know besides: see `createConvexServer`. @default {} */
  server?: ModuleServerOptions
}

/** See `createConvexServer` of `convue/server`. */
export interface ModuleServerOptions
  extends Pick<ConvexServerOptions, 'cookiePrefix' | 'jwtCache' | 'forwardedCookies' | 'trustedOrigins' | 'trustProxy' | 'clientAddressHeader' | 'maxBodyBytes' | 'timeoutMs'> {
  /** The deployment's address as the app's server reaches it, if browsers do under another one. @default `NUXT_CONVEX_SERVER_URL`, or `url` */
  url?: string
}

const composables = [
  'defineConvexQuery',
  'insertAtBottomIfLoaded',
  'insertAtPosition',
  'insertAtTop',
  'optimisticallyRemoveValueFromPaginatedQuery',
  'optimisticallyUpdateValueInPaginatedQuery',
  'prefetchConvexQuery',
  'useAuthedPaginatedQuery',
  'useAuthedQuery',
  'useConvexAction',
  'useConvexAuth',
  'useConvexClient',
  'useConvexConnectionState',
  'useConvexMutation',
  'useConvexPaginatedQuery',
  'useConvexQueries',
  'useConvexQuery',
  'useConvexStorageUrl',
  'useConvexUpload',
  'useFilePreview',
  'usePrefetchConvexQuery',
  'usePreloadedQuery',
] as const satisfies (keyof typeof import('convue'))[]

const components = ['Authenticated', 'AuthLoading', 'AuthRefreshing', 'Unauthenticated'] as const satisfies (keyof typeof import('convue'))[]

/** What the browser has to bundle, named so that Vite does not find it on the way and reload the page. */
const BUNDLED = ['convex/browser', 'convex/server', 'convex/values']

const DEFAULT_FUNCTIONS = 'convex'

const OTHER_AUTH_MODULE = '@onmax/nuxt-better-auth'

const module: NuxtModule<ModuleOptions> = defineNuxtModule<ModuleOptions>({
  meta: {
    name: 'convue',
    configKey: 'convex',
    compatibility: { nuxt: '>=4.0.0' },
  },
  defaults: {
    functions: DEFAULT_FUNCTIONS,
    tokenInPayload: true,
    tokens: true,
    pageAuth: false,
    signInPath: '/sign-in',
    homePath: '/',
    basePath: '/api/auth',
    server: {},
  },
  async setup(options, nuxt) {
    const { env } = process
    const { resolve } = createResolver(import.meta.url)
    const { options: config } = nuxt
    const isOtherModuleThere = hasNuxtModule(OTHER_AUTH_MODULE) || config.modules.some(entry => [entry].flat()[0] === OTHER_AUTH_MODULE)
    const isExternal = (options.auth ?? (isOtherModuleThere ? 'external' : 'convue')) === 'external'

    // Nuxt itself reads NUXT_PUBLIC_CONVEX_URL and NUXT_PUBLIC_CONVEX_SITE_URL, when the app is started too.
    config.runtimeConfig.public.convex = {
      url: options.url ?? env.NUXT_PUBLIC_CONVEX_URL ?? env.CONVEX_URL ?? '',
      siteUrl: options.siteUrl ?? env.NUXT_PUBLIC_CONVEX_SITE_URL ?? env.CONVEX_SITE_URL ?? '',
    }
    assertSerializable(options)
    const pages = { auth: options.pageAuth, signInPath: options.signInPath, homePath: options.homePath }
    addTemplate({
      filename: 'convue/options.mjs',
      write: true,
      getContents: () => [
        `export const basePath = ${JSON.stringify(options.basePath)}`,
        `export const tokenInPayload = ${JSON.stringify(options.tokenInPayload)}`,
        `export const tokens = ${JSON.stringify(options.tokens)}`,
        `export const isExternal = ${JSON.stringify(isExternal)}`,
        `export const pages = ${JSON.stringify(pages)}`,
      ].join('\n'),
    })
    config.runtimeConfig.convex = { isExternal, server: { url: '', clientAddressHeader: '', ...options.server, basePath: options.basePath, tokens: options.tokens } } as any

    const layers = findLayers(config._layers, options.functions!)
    const ownClient = await findAuthClient(layers)
    const authPackages = ownClient || isExternal ? [] : ['better-auth/vue', '@convex-dev/better-auth/client/plugins']
    const clientFile = ownClient ?? (isExternal ? null : resolve('./runtime/app/utils/default-auth-client'))
    addTemplate({
      filename: 'convue/auth-client.mjs',
      write: true,
      getContents: () => isExternal && isOtherModuleThere
        ? `import { useUserSession } from '#imports'\nexport const findAuthClient = () => useUserSession().client ?? undefined\n`
        : clientFile
          ? `import { authClient } from ${JSON.stringify(withoutExtension(clientFile))}\nexport const findAuthClient = () => authClient\n`
          : 'export const findAuthClient = () => undefined\n',
    })
    // One instance in the app and in the module, bundled so that what depends on the build is left out.
    config.build.transpile.push('convue', resolve('./runtime'))
    nuxt.hook('vite:extendConfig', (vite) => {
      const mutable = vite as { optimizeDeps?: { include?: string[], exclude?: string[] } }
      mutable.optimizeDeps ??= {}
      mutable.optimizeDeps.include = [...mutable.optimizeDeps.include ?? [], ...BUNDLED, ...authPackages]
      mutable.optimizeDeps.exclude = [...mutable.optimizeDeps.exclude ?? [], 'convue']
    })

    // The folder, not what is generated in it, decides: a project's functions are not passed over because nobody has generated from them yet.
    const { functions, rootDir } = layers.find(layer => existsSync(layer.functions)) ?? layers[0]!
    for (const name of ['api', 'server', 'dataModel']) {
      const file = `${functions}/_generated/${name}`
      if (existsSync(`${file}.d.ts`) || existsSync(`${file}.ts`) || existsSync(`${file}.js`)) {
        config.alias[`#convex/${name}`] = file
        continue
      }
      const command = `Run \`npx convex dev\`${rootDir === layers[0]!.rootDir ? '' : ` in ${rootDir}`}, which writes it`
      const message = `${file} does not exist yet. ${command}, or set \`convex.functions\` to the folder of your functions.`
      config.alias[`#convex/${name}`] = addTemplate({
        filename: `convue/missing-${name}.mjs`,
        write: true,
        getContents: () => `throw new Error(${JSON.stringify(`convue: ${message}`)})\nexport const api = {}, internal = {}, components = {}\n`,
      }).dst
      if (name === 'api')
        useLogger('convue').warn(message)
      // It takes effect as soon as it is there.
      config.watch.push(`${file}.js`, `${file}.d.ts`)
    }

    addPlugin({ src: resolve('./runtime/app/plugins/convex.server'), mode: 'server' })
    addPlugin({ src: resolve('./runtime/app/plugins/convex.client'), mode: 'client' })
    addServerPlugin(resolve('./runtime/server/plugins/convex'))
    addServerPlugin(resolve('./runtime/server/plugins/error-status'))
    addImports(composables.map(name => ({ name, from: 'convue' })))
    for (const name of components)
      addComponent({ name, export: name, filePath: 'convue' })
    addServerImports(['useConvexServer', 'requireConvexUser'].map(name => ({ name, from: resolve('./runtime/server/utils/use-convex-server') })))

    if (isExternal)
      return
    addImports([
      { name: 'useAuthClient', from: resolve('./runtime/app/composables/use-auth-client') },
      { name: 'useUserSession', from: resolve('./runtime/app/composables/use-user-session') },
    ])
    // Whatever a rule for more paths says, no cache keeps an answer about a session.
    const authRoutes = `${options.basePath}/**`
    extendRouteRules(authRoutes, { cache: false, swr: false, isr: false, prerender: false } as object, { override: true })
    addServerHandler({ route: authRoutes, handler: resolve('./runtime/server/handlers/auth-proxy') })
    addRouteMiddleware({ name: 'convue-auth', path: resolve('./runtime/app/middleware/page-auth'), global: true })
    addPlugin({ src: resolve('./runtime/app/plugins/page-auth.client'), mode: 'client' })
    addTypeTemplate({
      filename: 'types/convue.d.ts',
      getContents: () => `import type { ConvexAppConfig, DynamicPageTarget, PageAuth } from ${JSON.stringify(resolve('./module'))}
import type { authClient } from ${JSON.stringify(withoutExtension(clientFile!))}

declare module '#app' { interface PageMeta { auth?: PageAuth<DynamicPageTarget> } }
declare module 'nuxt/app' { interface PageMeta { auth?: PageAuth<DynamicPageTarget> } }
declare module 'vue-router' { interface RouteMeta { auth?: PageAuth<DynamicPageTarget> } }
declare module 'nuxt/schema' { interface AppConfigInput { convex?: ConvexAppConfig } }
declare global {
  /** The auth client of this app. */
  interface ConvueAuthClient { client: typeof authClient }
}
export {}
`,
    })
  },
})

export default module

/** Functions would be lost on the way into the build, where nothing says so. */
function assertSerializable({ signInPath, homePath, pageAuth }: ModuleOptions): void {
  const redirectTo = typeof pageAuth === 'object' ? pageAuth.redirectTo : undefined
  for (const [option, value] of Object.entries({ signInPath, homePath, 'pageAuth.redirectTo': redirectTo })) {
    if (typeof value === 'function')
      throw new TypeError(`convue: \`convex.${option}\` is a function, which nuxt.config cannot hold. Pass a path or a route, or set a function in app.config.ts.`)
  }
}

/** The project or one of its layers, as far as this module looks into it. */
interface Layer {
  rootDir: string
  srcDir: string
  /** The folder of its Convex functions, if it has any. */
  functions: string
}

/** The project first, then its layers, in the order in which Nuxt lets them override each other. */
function findLayers(layers: readonly NuxtConfigLayer[], functions: string): Layer[] {
  const declared = layers.map(({ config }) => (config as { convex?: ModuleOptions }).convex?.functions)
  return layers.map(({ config, cwd }, index) => {
    const rootDir = config.rootDir ?? cwd
    // What the module was configured with is the project's, unless it comes from a layer: then it is a path in that layer.
    const isProjects = index === 0 && !declared.slice(1).includes(functions)
    const folder = declared[index] ?? (isProjects ? functions : DEFAULT_FUNCTIONS)
    return { rootDir, srcDir: config.srcDir ?? rootDir, functions: createResolver(rootDir).resolve(folder) }
  })
}

/** `app/auth-client.ts` of the project, or else of the first layer that has one. */
async function findAuthClient(layers: Layer[]): Promise<string | null> {
  for (const { srcDir } of layers) {
    const file = await findPath('auth-client', { cwd: srcDir, extensions: ['.ts', '.js', '.mts', '.mjs'] })
    if (file)
      return file
  }
  return null
}

/** As an import has it. */
function withoutExtension(file: string): string {
  return file.replace(/\.[cm]?[jt]s$/, '')
}
