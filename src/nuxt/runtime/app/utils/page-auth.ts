/** The rules of pages as pure functions. Nothing here depends on Nuxt. */
import type { AuthStatus } from 'convue'
import type { PageAuth } from '../../../module/options.ts'

/** The properties of a visit of a page that the rules of pages depend on. */
export interface PageVisit {
  /** The page's own rule, or the default. */
  auth: PageAuth<unknown>
  path: string
  fullPath: string
  /** The query parameter that names the page from which the user was redirected. */
  redirect: unknown
}

/**
 * The paths to which a rule redirects, in the language of the visited page. The app's code may
 * return any value, so the values are checked.
 */
export interface PageAuthPaths {
  signInPath: () => unknown
  homePath: () => unknown
  /** The path of the `redirectTo` of a page. */
  pathOf: (target: any) => unknown
}

const BASE = 'http://this-site.invalid'

/**
 * The path to which a visit is redirected; `undefined` if it is not redirected, or if the identity
 * is not known yet.
 */
export function redirectFor(visit: PageVisit, status: AuthStatus, paths: PageAuthPaths): string | undefined {
  const { auth } = visit
  if (!auth || status === 'loading')
    return undefined
  const isSignedOut = status === 'unauthenticated'
  if (auth === 'guest') {
    if (isSignedOut)
      return undefined
    return pathOnThisSite(visit.redirect) ?? pathOnThisSite(paths.homePath()) ?? '/'
  }
  if (!isSignedOut)
    return undefined
  if (typeof auth === 'object')
    return withRedirect(visit, paths.pathOf(auth.redirectTo))
  return withRedirect(visit, paths.signInPath())
}

/** The path with a query parameter that leads back to the visited page. */
function withRedirect({ path, fullPath }: PageVisit, target: unknown): string | undefined {
  const { pathname, search, hash } = new URL(pathOnThisSite(target) ?? '/', BASE)
  // A page that redirects to itself would never stop redirecting.
  if (pathname === path)
    return undefined
  const query = [search.slice(1), `redirect=${encodeURIComponent(fullPath)}`].filter(Boolean).join('&')
  return `${pathname}?${query}${hash}`
}

/**
 * A path of this site, or `undefined`. A link must not lead users to another site, and to a browser
 * `//evil.example` is a path too.
 */
export function pathOnThisSite(path: unknown): string | undefined {
  if (typeof path !== 'string' || !path.startsWith('/'))
    return undefined
  try {
    const { origin, pathname, search, hash } = new URL(path, BASE)
    if (origin === BASE && !pathname.startsWith('//'))
      return pathname + search + hash
  }
  catch {}
  return undefined
}
