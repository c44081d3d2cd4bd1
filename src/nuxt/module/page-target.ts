/** Types of the pages to which page rules redirect. `page-path.ts` computes their paths. */
import type { useRoute } from 'nuxt/app'

/**
 * A route in the form that `navigateTo` accepts, limited to values that a configuration can
 * contain. The name does not contain a language.
 */
interface PageRoute {
  name?: string
  path?: string
  params?: Record<string, string | number>
  query?: Record<string, string>
  hash?: string
}

/**
 * A page of this site: its path, or a route by its name or path. With `@nuxtjs/i18n`, the page has
 * the language of the visited page.
 */
export type PageTarget = string | PageRoute

/** A {@link PageTarget}, or a function that returns it for the visited page. */
export type DynamicPageTarget = PageTarget | ((visited: ReturnType<typeof useRoute>) => PageTarget)

/**
 * The key `convex` of `app.config.ts`, which may contain functions, unlike `nuxt.config.ts`. Its
 * options take precedence over the module's options of the same names.
 */
export interface ConvexAppConfig {
  /** The page on which users sign in. */
  signInPath?: DynamicPageTarget
  /** The page to which a signed-in user is redirected from a page with the rule `'guest'`. */
  homePath?: DynamicPageTarget
}
