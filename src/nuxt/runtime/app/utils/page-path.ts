/** Finds the path of a page, in the language of the visited page. */
import type { RouteLocationNormalized } from 'vue-router'
import type { DynamicPageTarget } from '../../../module/page-target.ts'
import { useNuxtApp, useRouter } from 'nuxt/app'
import { unref } from 'vue'

/** What `@nuxtjs/i18n` adds to the Nuxt app, as far as this file uses it. */
interface I18n {
  $localePath?: (target: unknown, locale?: string) => string
  $routeBaseName?: (route: RouteLocationNormalized) => string | undefined
  $i18n?: { localeCodes?: unknown }
}

/**
 * The path of a page, in the language of the visited page. The path may lead to another site: the
 * caller checks it.
 */
export function pathOfPage(target: DynamicPageTarget, visited: RouteLocationNormalized): string {
  const location = typeof target === 'function' ? target(visited) : target
  const i18n = useNuxtApp() as I18n
  // `$localePath` returns '' for a page without other languages.
  return i18n.$localePath?.(location, localeOf(visited, i18n)) || useRouter().resolve(location as string).fullPath
}

/**
 * The language of a page. The current language is still that of the previous page during a
 * navigation. The name of a localised route consists of the page, the language and configurable
 * separators.
 */
function localeOf(route: RouteLocationNormalized, { $routeBaseName, $i18n }: I18n): string | undefined {
  const baseName = $routeBaseName?.(route)
  const codes = unref($i18n?.localeCodes) as string[] | undefined
  if (!baseName || !codes)
    return undefined
  const rest = String(route.name).slice(baseName.length)
  // The longest match: `en-US` contains `en`.
  return codes.filter(code => rest.includes(code)).sort((one, other) => other.length - one.length)[0]
}
