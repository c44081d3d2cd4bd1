/** Finds the provider of authentication in an app, and the source of its server's identities. */
import type { Nuxt, PublicRuntimeConfig } from 'nuxt/schema'
import type { ModuleOptions } from './options.ts'
import { hasNuxtModule } from 'nuxt/kit'

export const NUXT_BETTER_AUTH = '@onmax/nuxt-better-auth'

/**
 * The provider of the pages and composables for auth: this module (`'convue'` with Better
 * Auth on the deployment, `'local'` with Better Auth in the app), `@onmax/nuxt-better-auth`, or the
 * app itself (`'external'`).
 */
export type AuthProvider = 'convue' | 'local' | 'nuxt-better-auth' | 'external'

/**
 * The source of sessions and tokens for the app's server: the deployment, routes of the app itself,
 * or none. With `'none'`, the identity is unknown while a page is rendered.
 */
export type IdentitySource = 'deployment' | 'app' | 'none'

interface NuxtBetterAuthConfig {
  clientOnly?: boolean
  databaseProvider?: string
}

/** Not declared for all apps, since `@onmax/nuxt-better-auth` declares `auth` itself. */
interface PublicConfigWithAuth extends PublicRuntimeConfig {
  auth?: NuxtBetterAuthConfig
}

export function findAuthProvider({ auth }: ModuleOptions, nuxt: Nuxt): AuthProvider {
  if (auth !== 'convue' && isInstalled(nuxt))
    return 'nuxt-better-auth'
  return auth ?? 'convue'
}

/**
 * Must be called after all modules have been set up, since one of the options of
 * `@onmax/nuxt-better-auth` is read.
 */
export function findIdentitySource({ auth }: ModuleOptions, provider: AuthProvider, nuxt: Nuxt): IdentitySource {
  switch (provider) {
    case 'convue':
      return 'deployment'
    case 'local':
      return 'app'
    case 'external':
      return 'none'
    case 'nuxt-better-auth':
      // With `clientOnly`, Better Auth runs on another server, and its cookies may belong to
      // another origin.
      if (auth === 'local' || (!auth && !isClientOnly(nuxt)))
        return 'app'
      return 'none'
  }
}

/** Returns whether the set-up of `@onmax/nuxt-better-auth` has already run. */
export function isSetUp(nuxt: Nuxt): boolean {
  return nuxt.options._installedModules.some(({ meta }) => meta.name === NUXT_BETTER_AUTH)
}

/** The part of the runtime config that `@onmax/nuxt-better-auth` has written. */
export function publicAuthConfig(nuxt: Nuxt): NuxtBetterAuthConfig {
  const config: PublicConfigWithAuth = nuxt.options.runtimeConfig.public
  return config.auth ?? {}
}

function isClientOnly(nuxt: Nuxt): boolean {
  return publicAuthConfig(nuxt).clientOnly === true
}

/** Returns `true` even if the module is only listed so far, since the order of set-ups can vary. */
function isInstalled(nuxt: Nuxt): boolean {
  return hasNuxtModule(NUXT_BETTER_AUTH, nuxt)
    || nuxt.options.modules.some(entry => [entry].flat()[0] === NUXT_BETTER_AUTH)
}
