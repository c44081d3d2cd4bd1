/** The options of the Nuxt module, their defaults and checks. */
import type { QueryAuth } from 'convue'
import type { DevOptions } from 'convue/dev'
import type { IndexedDbOutboxOptions } from 'convue/offline'
import type { IndexedDbStoreOptions } from 'convue/persist'
import type { ConvexServerOptions } from 'convue/server'
import type { PageTarget } from './page-target.ts'

/**
 * The identity that a page requires: a signed-in user (`'required'`), anonymous (`'guest'`), or any
 * identity (`false`). `{ redirectTo }` requires a signed-in user too: `redirectTo` is the page to
 * which an anonymous visit is redirected, instead of the sign-in page.
 */
export type PageAuth<Target = PageTarget> = 'required' | 'guest' | false | { redirectTo: Target }

/** Options of `convue/nuxt`, under the key `convex` of `nuxt.config.ts`. */
export interface ModuleOptions {
  /** The deployment's address. @default `CONVEX_URL` or `NUXT_PUBLIC_CONVEX_URL` */
  url?: string
  /**
   * The address of the deployment's HTTP actions.
   * @default `CONVEX_SITE_URL` or `NUXT_PUBLIC_CONVEX_SITE_URL`, or else `url` with `.convex.site`
   * for `.convex.cloud`
   */
  siteUrl?: string
  /**
   * The folder of the Convex functions, relative to the root of the project or of the layer that
   * sets this option.
   * @default the path in `convex.json`, or 'convex'
   */
  functions?: string
  /**
   * The server of Better Auth. `'convue'`: the deployment, and this module adds its routes to the
   * app. `'local'`: a server route of this app, below `basePath`, from which the server learns
   * the user without a request over the network. `'external'`: another module or the app itself
   * provides the routes, pages and composables of authentication. Convue then only uses its auth
   * client, and the server does not know the user.
   *
   * @default the routes, pages and composables of `@onmax/nuxt-better-auth` if it is installed, or
   * else 'convue'
   */
  auth?: 'convue' | 'local' | 'external'
  /**
   * `true`: Convue stores the data of Better Auth in Convex, in an app with
   * `@onmax/nuxt-better-auth`: see `convexDatabase` of `convue/convex/database`. `false`: Better
   * Auth has another database. List `convue/nuxt` before `@onmax/nuxt-better-auth` in `modules`.
   *
   * @default true, unless NuxtHub provides a database
   */
  authDatabase?: boolean
  /**
   * `true`: a page that was rendered for a user contains the user's token. `false`: no HTML
   * contains a token. The browser then hydrates the page at once, and shows the rendered data while
   * it requests a token. If the token takes longer than 2 seconds, the identity counts as unknown
   * until the token arrives.
   * @default true
   */
  tokenInPayload?: boolean
  /**
   * `false`: the auth server has sessions but no token endpoint. The session alone then determines
   * the user of pages and server routes, and all queries and calls run anonymously: see
   * `createConvex`.
   * @default true
   */
  tokens?: boolean
  /** The rule for pages that do not set `definePageMeta({ auth })`. @default false */
  pageAuth?: PageAuth
  /** The page on which users sign in. @default '/sign-in' */
  signInPath?: PageTarget
  /**
   * The page to which a signed-in user is redirected from a page with the rule `'guest'`. A user
   * who was redirected to the sign-in page from another page returns to that page instead.
   *
   * @default '/'
   */
  homePath?: PageTarget
  /**
   * The path of Better Auth's routes, both in the app and on the deployment. @default '/api/auth'
   */
  basePath?: string
  /**
   * The path of the token endpoint, below the path of Better Auth's routes: see `createConvex`.
   * @default '/convex/token'
   */
  tokenPath?: string
  /** The default of the option `auth` of queries: see `createConvex`. @default 'optional' */
  queryAuth?: QueryAuth
  /** The default of the option `keepPreviousData` of queries. @default false */
  keepPreviousData?: boolean
  /** The default of the option `lingerMs` of queries: see `createConvex`. @default 3000 */
  lingerMs?: number
  /**
   * `true`, or options of `indexedDbStore` of `convue/persist`: the browser keeps the results of
   * queries, and shows them at once at the next visit. In pages that the server has rendered, they
   * are shown after the hydration. `nuxt.config` cannot hold the options `filter` and `readAfter`.
   *
   * @default false
   */
  persist?: boolean | Omit<IndexedDbStoreOptions, 'filter' | 'readAfter'>
  /**
   * `true`, or options of `indexedDbOutbox` of `convue/offline`: the browser stores mutations with
   * `offline: true`, so that they survive a reload.
   *
   * @default false
   */
  outbox?: boolean | IndexedDbOutboxOptions
  /**
   * `true`: all tabs of a browser use one connection and one token, which a shared worker holds:
   * see `sharedTabs` of `convue/tabs`.
   *
   * @default false
   */
  sharedTabs?: boolean
  /** Options that only the app's server needs: see `createConvexServer`. @default {} */
  server?: ModuleServerOptions
  /**
   * The embedded deployment of `nuxt dev`, which starts if neither `url` nor a variable names a
   * deployment. `false`: `nuxt dev` starts no deployment. Paths are relative to the root of the
   * project.
   * @default {}
   */
  dev?: DevOptions | false
}

/** The options that the module passes on to `createConvexServer` of `convue/server`. */
type PassedServerOptions = Pick<
  ConvexServerOptions,
  | 'cookiePrefix'
  | 'jwtCache'
  | 'forwardedCookies'
  | 'trustedOrigins'
  | 'trustProxy'
  | 'clientAddressHeader'
  | 'maxBodyBytes'
  | 'timeoutMs'
>

/** See `createConvexServer` of `convue/server`. */
export interface ModuleServerOptions extends PassedServerOptions {
  /**
   * The address at which the app's server reaches the deployment, if it differs from `url`, which
   * browsers use.
   * @default `NUXT_CONVEX_SERVER_URL`, or `url`
   */
  url?: string
}

export const defaults = {
  tokenInPayload: true,
  tokens: true,
  pageAuth: false,
  signInPath: '/sign-in',
  homePath: '/',
  basePath: '/api/auth',
  tokenPath: '/convex/token',
  server: {},
  dev: {},
} satisfies ModuleOptions

/** The options with the defaults applied. */
export type ResolvedOptions = ModuleOptions & Required<Pick<ModuleOptions, keyof typeof defaults>>

/**
 * Throws if an option is a function. The build writes the options as JSON, which would silently
 * omit functions.
 */
export function assertSerializable({ signInPath, homePath, pageAuth }: ModuleOptions): void {
  const redirectTo = typeof pageAuth === 'object' ? pageAuth.redirectTo : undefined
  for (const [option, value] of Object.entries({ signInPath, homePath, 'pageAuth.redirectTo': redirectTo })) {
    if (typeof value === 'function') {
      throw new TypeError(`convue: \`convex.${option}\` is a function, which nuxt.config cannot hold. `
        + 'Pass a path or a route, or set a function in app.config.ts.')
    }
  }
}
