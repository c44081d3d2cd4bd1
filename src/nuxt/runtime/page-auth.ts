import type { AuthStatus } from 'convue'
import type { PageAuth } from '../module.ts'

/** What decides about a visit to a page. */
export interface PageVisit {
  /** The page's own rule, or the default. */
  auth: PageAuth
  path: string
  fullPath: string
  /** The query parameter that says where somebody came from. */
  redirect: unknown
}

export interface PageAuthPaths { signInPath: string, homePath: string }

const BASE = 'http://this-site.invalid'

/** Where a visitor has to go instead; `undefined` if they may stay, and as long as it is not known who they are. */
export function redirectFor(visit: PageVisit, status: AuthStatus, { signInPath, homePath }: PageAuthPaths): string | undefined {
  const { auth, path, fullPath } = visit
  if (!auth || status === 'loading')
    return undefined
  if (auth === 'guest')
    return status === 'unauthenticated' ? undefined : pathOnThisSite(visit.redirect) ?? homePath
  const target = typeof auth === 'object' ? auth.redirectTo : signInPath
  // A page that sends to itself would do so for good.
  if (status !== 'unauthenticated' || new URL(target, BASE).pathname === path)
    return undefined
  return `${target}${target.includes('?') ? '&' : '?'}redirect=${encodeURIComponent(fullPath)}`
}

/** A link must not be able to send people to another site: `//evil.example` is a path too, to a browser. */
export function pathOnThisSite(path: unknown): string | undefined {
  try {
    const { origin, pathname, search, hash } = new URL(path as string, BASE)
    return typeof path === 'string' && path.startsWith('/') && origin === BASE && !pathname.startsWith('//') ? pathname + search + hash : undefined
  }
  catch {
    return undefined
  }
}
