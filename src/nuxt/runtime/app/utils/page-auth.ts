import type { AuthStatus } from 'convue'
import type { PageAuth } from '../../../module/options.ts'

/** What decides about a visit to a page. */
export interface PageVisit {
  /** The page's own rule, or the default. */
  auth: PageAuth<unknown>
  path: string
  fullPath: string
  /** The query parameter that says from which page the user came. */
  redirect: unknown
}

/** The pages to which a rule redirects, as paths in the language of the visited page. They may come from code of the app, so they are checked. */
export interface PageAuthPaths {
  signInPath: () => unknown
  homePath: () => unknown
  /** The path of the `redirectTo` of a page. */
  pathOf: (target: any) => unknown
}

const BASE = 'http://this-site.invalid'

/** The path to which a visit is redirected; `undefined` if it is not, and while the identity is not known. */
export function redirectFor(visit: PageVisit, status: AuthStatus, { signInPath, homePath, pathOf }: PageAuthPaths): string | undefined {
  const { auth, path, fullPath } = visit
  if (!auth || status === 'loading')
    return undefined
  if (auth === 'guest')
    return status === 'unauthenticated' ? undefined : pathOnThisSite(visit.redirect) ?? pathOnThisSite(homePath()) ?? '/'
  if (status !== 'unauthenticated')
    return undefined
  const target = pathOnThisSite(typeof auth === 'object' ? pathOf(auth.redirectTo) : signInPath()) ?? '/'
  const { pathname, search, hash } = new URL(target, BASE)
  // A page that redirects to itself would do so without end.
  if (pathname === path)
    return undefined
  return `${pathname}${search ? `${search}&` : '?'}redirect=${encodeURIComponent(fullPath)}${hash}`
}

/** A path of this site, or `undefined`: a link must not lead users to another site, and to a browser `//evil.example` is a path too. */
export function pathOnThisSite(path: unknown): string | undefined {
  try {
    const { origin, pathname, search, hash } = new URL(path as string, BASE)
    return typeof path === 'string' && path.startsWith('/') && origin === BASE && !pathname.startsWith('//') ? pathname + search + hash : undefined
  }
  catch {
    return undefined
  }
}
