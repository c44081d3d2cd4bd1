/** The options of the Nuxt module, their defaults and checks. */
import type { ConvexServerOptions } from 'convue/server'
import type { Nuxt } from 'nuxt/schema'
import type { PageTarget } from './page-target.ts'
import { hasNuxtModule } from 'nuxt/kit'

/**
 * The identity that a page requires: a signed-in user (`'required'`), anonymous (`'guest'`), or any
 * identity (`false`). `{ redirectTo }` requires a signed-in user, and redirects to this page while
 * no user is signed in.
 */
export type PageAuth<Target = PageTarget> = 'required' | 'guest' | false | { redirectTo: Target }

/** Options of `convue/nuxt`, under the key `convex` of `nuxt.config.ts`. */
export interface ModuleOptions {
  /** The deployment's address. @default `CONVEX_URL` or `NUXT_PUBLIC_CONVEX_URL` */
  url?: string
  /**
   * The address of its HTTP actions.
   * @default `CONVEX_SITE_URL` or `NUXT_PUBLIC_CONVEX_SITE_URL`, or else `url` with `.convex.site`
   * for `.convex.cloud`
   */
  siteUrl?: string
  /**
   * The folder of the Convex functions, relative to the root of the project, or of the layer that
   * sets this option.
   * @default 'convex'
   */
  functions?: string
  /**
   * `'external'`: another module or the app itself provides the routes, pages and composables of
   * authentication; Convue takes the identity from its client.
   * @default 'external' beside `@onmax/nuxt-better-auth`, or else 'convue'
   */
  auth?: 'convue' | 'external'
  /**
   * Whether a page that was rendered for a user contains the user's token. `false`: no HTML
   * contains a token. The browser hydrates the page at once, and requests a token: the identity is
   * unknown until the token arrives, for up to 2 seconds.
   * @default true
   */
  tokenInPayload?: boolean
  /**
   * `false`: the auth server has sessions and no token endpoint. Pages and server routes follow the
   * session, and all queries and calls run anonymously: see `createConvex`.
   * @default true
   */
  tokens?: boolean
  /** The rule of pages without `definePageMeta({ auth })`. @default false */
  pageAuth?: PageAuth
  /** The page on which users sign in. @default '/sign-in' */
  signInPath?: PageTarget
  /**
   * The page to which a signed-in user is redirected from a page for guests, unless the user was
   * redirected there from another page, to which the user then returns.
   *
   * @default '/'
   */
  homePath?: PageTarget
  /** The path of Better Auth's routes, on the app as on the deployment. @default '/api/auth' */
  basePath?: string
  /** Options that only the app's server needs: see `createConvexServer`. @default {} */
  server?: ModuleServerOptions
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
   * The deployment's address as the app's server reaches it, if browsers use another one.
   * @default `NUXT_CONVEX_SERVER_URL`, or `url`
   */
  url?: string
}

export const DEFAULT_FUNCTIONS = 'convex'

export const defaults = {
  functions: DEFAULT_FUNCTIONS,
  tokenInPayload: true,
  tokens: true,
  pageAuth: false,
  signInPath: '/sign-in',
  homePath: '/',
  basePath: '/api/auth',
  server: {},
} satisfies ModuleOptions

/** The options with the defaults applied. */
export type ResolvedOptions = ModuleOptions & Required<Pick<ModuleOptions, keyof typeof defaults>>

/**
 * The provider of authentication: Convue's module, `@onmax/nuxt-better-auth`, or anything else
 * (`'external'`).
 */
export type AuthProvider = 'convue' | 'nuxt-better-auth' | 'external'

export function findAuthProvider({ auth }: ModuleOptions, nuxt: Nuxt): AuthProvider {
  const NUXT_BETTER_AUTH = '@onmax/nuxt-better-auth'
  const isInstalled = hasNuxtModule(NUXT_BETTER_AUTH)
    || nuxt.options.modules.some(entry => [entry].flat()[0] === NUXT_BETTER_AUTH)
  if (auth === 'convue' || (!auth && !isInstalled))
    return 'convue'
  if (isInstalled)
    return 'nuxt-better-auth'
  return 'external'
}

/**
 * Throws if an option is a function: the build writes the options as JSON, and would silently omit
 * functions.
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
