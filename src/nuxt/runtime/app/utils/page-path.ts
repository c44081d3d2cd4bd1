/** Computes the path of a page in the language of the visited page. */
import type { RouteLocationNormalized } from 'vue-router'
import type { DynamicPageTarget } from '../../../module/page-target.ts'
import { useNuxtApp, useRouter } from 'nuxt/app'
import { unref } from 'vue'

/** The properties that `@nuxtjs/i18n` adds to the Nuxt app and that this file uses. */
interface I18n {
  $localePath?: (target: unknown, locale?: string) => string
  $routeBaseName?: (route: RouteLocationNormalized) => string | undefined
  $i18n?: { localeCodes?: unknown }
}

/**
 * The path of a page in the language of the visited page. The caller must check that the path does
 * not lead to another site.
 */
export function pathOfPage(target: DynamicPageTarget, visited: RouteLocationNormalized): string {
  const location = typeof target === 'function' ? target(visited) : target
  const i18n = useNuxtApp() as I18n
  // `$localePath` returns '' for a page without other languages.
  return i18n.$localePath?.(location, localeOf(visited, i18n)) || useRouter().resolve(location as string).fullPath
}

/**
 * The language of a visited page. It is read from the name of the route, which consists of the
 * page, the language and configurable separators. During a navigation, the current language of
 * `@nuxtjs/i18n` is still the language of the previous page.
 */
function localeOf(route: RouteLocationNormalized, { $routeBaseName, $i18n }: I18n): string | undefined {
  const baseName = $routeBaseName?.(route)
  const codes = unref($i18n?.localeCodes) as string[] | undefined
  if (!baseName || !codes)
    return undefined
  const rest = String(route.name).slice(baseName.length)
  // The longest match is used, since `en-US` contains `en`.
  return codes.filter(code => rest.includes(code)).sort((one, other) => other.length - one.length)[0]
}
