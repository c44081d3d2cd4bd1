import type { RouteLocationNormalized } from 'vue-router'
import type { DynamicPageTarget } from '../../../module/page-target.ts'
import { useNuxtApp, useRouter } from 'nuxt/app'
import { unref } from 'vue'

/** What `@nuxtjs/i18n` adds to the Nuxt app, as far as it is used here. */
interface I18n {
  $localePath?: (target: unknown, locale?: string) => string
  $routeBaseName?: (route: RouteLocationNormalized) => string | undefined
  $i18n?: { localeCodes?: unknown }
}

/** The path of a page, in the language of the page that is visited. It need not be a path of this site. */
export function pathOfPage(target: DynamicPageTarget, visited: RouteLocationNormalized): string {
  const location = typeof target === 'function' ? target(visited) : target
  const i18n = useNuxtApp() as I18n
  // It is '' for a page that has no other languages.
  return i18n.$localePath?.(location, localeOf(visited, i18n)) || useRouter().resolve(location as string).fullPath
}

/**
 * The language of a page: on the way to it, that of the page that is left is still the current one. A localised route is named by the page, the language
 * and separators that can be configured.
 */
function localeOf(route: RouteLocationNormalized, { $routeBaseName, $i18n }: I18n): string | undefined {
  const baseName = $routeBaseName?.(route)
  const codes = unref($i18n?.localeCodes) as string[] | undefined
  if (!baseName || !codes)
    return undefined
  const rest = String(route.name).slice(baseName.length)
  // `en-US` contains `en`.
  return codes.filter(code => rest.includes(code)).sort((one, other) => other.length - one.length)[0]
}
