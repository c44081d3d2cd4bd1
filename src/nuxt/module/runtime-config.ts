/** Passes the options on: as runtime config, or as constants that are built into the app. */
import type { Nuxt } from 'nuxt/schema'
import type { ResolvedOptions } from './options.ts'
import process from 'node:process'
import { addTemplate } from 'nuxt/kit'

/**
 * Nuxt itself overrides these values by `NUXT_PUBLIC_CONVEX_URL` and the like when the app starts.
 */
export function setRuntimeConfig(options: ResolvedOptions, nuxt: Nuxt, isExternal: boolean): void {
  const { env } = process
  const { url, siteUrl, basePath, tokens, server } = options
  const { runtimeConfig } = nuxt.options
  runtimeConfig.public.convex = {
    url: url ?? env.NUXT_PUBLIC_CONVEX_URL ?? env.CONVEX_URL ?? '',
    siteUrl: siteUrl ?? env.NUXT_PUBLIC_CONVEX_SITE_URL ?? env.CONVEX_SITE_URL ?? '',
  }
  runtimeConfig.convex = {
    isExternal,
    // Nuxt overrides only keys that exist.
    server: { url: '', clientAddressHeader: '', ...server, basePath, tokens },
  }
}

/** Constants, so that a build leaves out the code that depends on them. */
export function addBuildConstants(options: ResolvedOptions, isExternal: boolean): void {
  const { basePath, tokenInPayload, tokens, pageAuth, signInPath, homePath } = options
  const constants = { basePath, tokenInPayload, tokens, isExternal, pages: { auth: pageAuth, signInPath, homePath } }
  addTemplate({
    filename: 'convue/options.mjs',
    write: true,
    getContents: () => Object.entries(constants)
      .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`)
      .join('\n'),
  })
}
