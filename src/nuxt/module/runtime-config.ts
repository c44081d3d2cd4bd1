/** Passes the options to the app: as runtime config, or as constants in the build. */
import type { Nuxt, RuntimeConfig } from 'nuxt/schema'
import type { IdentitySource } from './auth-provider.ts'
import type { ResolvedOptions } from './options.ts'
import type { Served } from './page-access.ts'
import process from 'node:process'
import { addTemplate } from 'nuxt/kit'

/**
 * When the app starts, Nuxt overrides these values with environment variables such as
 * `NUXT_PUBLIC_CONVEX_URL`.
 */
export function setRuntimeConfig(options: ResolvedOptions, nuxt: Nuxt): void {
  const { env } = process
  const { url, siteUrl, basePath, tokens, tokenPath, server } = options
  const { runtimeConfig } = nuxt.options
  runtimeConfig.public.convex = {
    url: url ?? env.NUXT_PUBLIC_CONVEX_URL ?? env.CONVEX_URL ?? '',
    siteUrl: siteUrl ?? env.NUXT_PUBLIC_CONVEX_SITE_URL ?? env.CONVEX_SITE_URL ?? '',
  }
  runtimeConfig.convex = {
    identitySource: 'none',
    // `url` and `clientAddressHeader` are set, since Nuxt overrides only keys that exist.
    server: { url: '', clientAddressHeader: '', ...server, basePath, tokens, tokenPath },
  }
}

/** The addresses of a deployment that is known only after the options. */
export function setDeployment(runtimeConfig: RuntimeConfig, deployment: { url: string, siteUrl: string }): void {
  Object.assign(runtimeConfig.public.convex, { url: deployment.url, siteUrl: deployment.siteUrl })
}

/**
 * Makes the options constants, so that a build omits code that the options disable. `clientPath` is
 * that of the embedded deployment, and `served` is `null` outside of development.
 */
export function addBuildConstants(options: ResolvedOptions, nuxt: Nuxt, served: Served | null): void {
  const { basePath, tokenInPayload, tokens, tokenPath, pageAuth, signInPath, homePath } = options
  const { queryAuth, keepPreviousData, lingerMs } = options
  const pages = { auth: pageAuth, signInPath, homePath }
  const queryDefaults = { queryAuth, keepPreviousData, lingerMs }
  addTemplate({
    filename: 'convue/options.mjs',
    write: true,
    getContents: () => {
      // Known only after all modules have been set up.
      const rendersUser = nuxt.options.runtimeConfig.convex.identitySource !== 'none'
      const clientPath = served?.clientPath ?? null
      const constants = { basePath, tokenInPayload, tokens, tokenPath, rendersUser, pages, clientPath, queryDefaults }
      return Object.entries(constants)
        .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`)
        .join('\n')
    },
  })
}

/** Called after all modules have been set up. */
export function setIdentitySource(nuxt: Nuxt, identitySource: IdentitySource): void {
  nuxt.options.runtimeConfig.convex.identitySource = identitySource
}
