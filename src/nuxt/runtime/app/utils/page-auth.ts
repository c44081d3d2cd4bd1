/** The rules of pages as pure functions, independent of Nuxt. */
import type { AuthStatus } from 'convue'
import type { PageAuth } from '../../../module/options.ts'

/** The properties of a page visit that determine whether it is redirected. */
export interface PageVisit {
  /** The page's own rule, or the default. */
  auth: PageAuth<unknown>
  path: string
  fullPath: string
  /** The query parameter `redirect`: the page from which the user was redirected. */
  redirect: unknown
}

/**
 * Functions that return the paths to which rules redirect, in the language of the visited page. The
 * app's own code may determine a path and return any value, so each value is checked.
 */
export interface PageAuthPaths {
  signInPath: () => unknown
  homePath: () => unknown
  /** The path of the `redirectTo` of a page. */
  pathOf: (target: any) => unknown
}

const BASE = 'http://this-site.invalid'

/**
 * The path to which a visit is redirected. `undefined` if the visit is not redirected, or if the
 * identity is not known yet.
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

/** Adds a query parameter to the path, so that the user can return to the visited page. */
function withRedirect({ path, fullPath }: PageVisit, target: unknown): string | undefined {
  const { pathname, search, hash } = new URL(pathOnThisSite(target) ?? '/', BASE)
  // A page must not redirect to itself, in an endless loop.
  if (pathname === path)
    return undefined
  const query = [search.slice(1), `redirect=${encodeURIComponent(fullPath)}`].filter(Boolean).join('&')
  return `${pathname}?${query}${hash}`
}

/**
 * Returns the path if it is a path of this site, or else `undefined`. A redirect must not lead to
 * another site, for example with `//evil.example`, which browsers treat as a URL of another host.
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
