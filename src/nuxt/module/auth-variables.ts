/** The variables of Better Auth in the Nuxt app, when its tables are in an embedded deployment. */
import type { DevOptions } from 'convue/dev'
import type { AuthProvider } from './auth-provider.ts'
import { createHash, randomBytes } from 'node:crypto'
import process from 'node:process'
import { authDatabaseVariables } from '../../project/auth-database-variables.ts'

const { env } = process

/** The names of the variables that this file has set: they may be replaced when Nuxt restarts. */
const OWN = 'CONVUE_DEV_VARIABLES'

const SERVER_VARIABLES = ['SITE_URL', 'CONVEX_SITE_URL', 'BETTER_AUTH_SECRET', 'BETTER_AUTH_TRUSTED_ORIGINS']

/** Adds the variables with which the deployment trusts Better Auth in the app. */
export function addAuthVariables(options: DevOptions, provider: AuthProvider): DevOptions {
  if (!isInApp(provider))
    return options
  const secret = options.env?.AUTH_DATABASE_SECRET ?? env.AUTH_DATABASE_SECRET ?? randomBytes(32).toString('base64')
  // The same secret after a restart, so that the deployment remains.
  setVariable('AUTH_DATABASE_SECRET', secret)
  return { ...options, env: { ...authDatabaseVariables(secret), ...options.env } }
}

/**
 * Sets the variables that the app's server needs, unless they are set. Called before the server
 * starts.
 */
export function setServerVariables(
  provider: AuthProvider,
  page: { origin: string, networkOrigins: string[] },
  { siteUrl, adminKey }: { siteUrl: string, adminKey: string },
): void {
  if (!isInApp(provider))
    return
  setVariable('SITE_URL', page.origin)
  // Better Auth itself reads this variable, in addition to its option `trustedOrigins`.
  if (page.networkOrigins.length > 0)
    setVariable('BETTER_AUTH_TRUSTED_ORIGINS', page.networkOrigins.join(','))
  setVariable('CONVEX_SITE_URL', siteUrl)
  // The key is kept with the data, so that sessions are valid after a restart.
  setVariable('BETTER_AUTH_SECRET', createHash('sha256').update(`better-auth ${adminKey}`).digest('base64'))
}

/**
 * Removes what an earlier start of Nuxt has set in this process, so that it does not count as the
 * choice of the app. The secret remains, because the deployment has it.
 */
export function removeServerVariables(): void {
  for (const name of SERVER_VARIABLES) {
    if (ownVariables().has(name))
      delete env[name]
  }
}

function ownVariables(): Set<string> {
  return new Set(env[OWN]?.split(','))
}

function isInApp(provider: AuthProvider): boolean {
  return provider === 'local' || provider === 'nuxt-better-auth'
}

function setVariable(name: string, value: string): void {
  const own = ownVariables()
  if (env[name] && !own.has(name))
    return
  env[name] = value
  env[OWN] = [...own.add(name)].join(',')
}
