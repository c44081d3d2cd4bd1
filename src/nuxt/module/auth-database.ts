/** Makes Convex the database of Better Auth in apps with `@onmax/nuxt-better-auth`. */
import type { Nuxt } from 'nuxt/schema'
import type { AuthProvider } from './auth-provider.ts'
import type { ModuleOptions } from './options.ts'
import { createResolver, useLogger } from 'nuxt/kit'
import { writeTexts } from '../../errors/error-definition.ts'
import { nuxtErrors } from '../../errors/nuxt-errors.ts'
import { isSetUp, publicAuthConfig } from './auth-provider.ts'

/**
 * The properties that Convue sets for a database of `@onmax/nuxt-better-auth`.
 *
 * @see https://github.com/nuxt-modules/better-auth
 */
export interface DatabaseProvider {
  /**
   * The provider with the highest priority is used: NuxtHub has 100, and the provider without a
   * database has 0.
   */
  priority: number
  /** The code of a module that exports `createDatabase` and `db`. */
  buildDatabaseCode: () => string
}

type HookProviders = (hook: string, add: (providers: Record<string, DatabaseProvider>) => void) => void

const { resolve } = createResolver(import.meta.url)

/**
 * @throws an error if `authDatabase` is `true`, and the hook of the other module has already been
 * called.
 */
export function addAuthDatabase({ authDatabase }: ModuleOptions, provider: AuthProvider, nuxt: Nuxt): void {
  if (provider !== 'nuxt-better-auth' || authDatabase === false)
    return
  if (isSetUp(nuxt)) {
    reportOrder(authDatabase === true, nuxt)
    return
  }
  const hook = nuxt.hook as unknown as HookProviders
  hook('better-auth:database:providers', (providers) => {
    const file = JSON.stringify(resolve('../runtime/server/utils/auth-database'))
    providers.convex = { priority: 50, buildDatabaseCode: () => `export { createDatabase, db } from ${file}\n` }
  })
}

/** Reports that the other module was set up before this module, so its hook has been called. */
function reportOrder(isRequired: boolean, nuxt: Nuxt): void {
  const { clientOnly, databaseProvider = 'none' } = publicAuthConfig(nuxt)
  const hasOtherDatabase = clientOnly || databaseProvider !== 'none'
  if (hasOtherDatabase && !isRequired)
    return
  const { why, fix } = writeTexts(nuxtErrors.MODULE_ORDER, undefined)
  if (isRequired)
    throw new Error(`[MODULE_ORDER] ${why} ${fix}`)
  useLogger('convue').warn(`[MODULE_ORDER] ${why} ${fix}`)
}
