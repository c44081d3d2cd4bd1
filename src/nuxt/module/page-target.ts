import type { useRoute } from 'nuxt/app'

// The pages to which the rules for pages redirect, as an app names them. How a page is found by them: see `page-path.ts`.

/** A route as `navigateTo` takes it, as far as a configuration can hold it. The name is without a language. */
interface PageRoute {
  name?: string
  path?: string
  params?: Record<string, string | number>
  query?: Record<string, string>
  hash?: string
}

/** A page of this site: its path, or a route by its name or path. With `@nuxtjs/i18n`, it is that page in the language of the visited page. */
export type PageTarget = string | PageRoute

/** A {@link PageTarget}, or a function that returns it for the visited page. */
export type DynamicPageTarget = PageTarget | ((visited: ReturnType<typeof useRoute>) => PageTarget)

/** What `app.config.ts` may hold under the key `convex`: functions too, unlike `nuxt.config.ts`. It takes precedence over the options of the same names. */
export interface ConvexAppConfig {
  /** The page on which users sign in. */
  signInPath?: DynamicPageTarget
  /** The page to which a signed-in user is redirected from a page for guests. */
  homePath?: DynamicPageTarget
}
