/** Warns, when Nuxt starts or builds, that the app has no address of a deployment. */
import type { Nuxt } from 'nuxt/schema'
import { useLogger } from 'nuxt/kit'
import { writeTexts } from '../../errors/error-definition.ts'
import { nuxtErrors } from '../../errors/nuxt-errors.ts'

/**
 * A warning and not an error, since a built app may receive the address when it is started. The
 * address is read as late as possible, since other code may set it during the set-up.
 */
export function warnOfMissingUrl(nuxt: Nuxt): void {
  nuxt.hook('ready', () => {
    const { url } = nuxt.options.runtimeConfig.public.convex
    if (url || nuxt.options._prepare)
      return
    const { why, fix } = writeTexts(nuxtErrors.DEPLOYMENT_MISSING, undefined)
    useLogger('convue').warn(`[DEPLOYMENT_MISSING] ${why} ${fix}`)
  })
}
