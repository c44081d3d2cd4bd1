import type { NuxtFixture } from './fixture.ts'
import { expect } from 'vitest'

/** Headers for one kind of cache, which outrank `Cache-Control` there. */
export const TARGETED = ['cdn-cache-control', 'netlify-cdn-cache-control', 'vercel-cdn-cache-control', 'cloudflare-cdn-cache-control', 'surrogate-control']

/** Each way in which a response can end, its status, and the method. */
export const endings: [how: string, status: number, method: string][] = [
  ['a value', 200, 'GET'],
  ['a value', 200, 'HEAD'],
  ['null', 204, 'GET'],
  ['send', 200, 'GET'],
  ['end', 200, 'GET'],
  ['sendNoContent', 204, 'GET'],
  ['sendRedirect', 302, 'GET'],
  ['a web stream', 200, 'GET'],
  ['a Node stream', 200, 'GET'],
  ['a Node stream', 200, 'HEAD'],
  ['a web Response', 200, 'GET'],
  ['a web Response that redirects', 303, 'GET'],
  ['a thrown error', 418, 'GET'],
  ['an unknown error', 500, 'GET'],
  ['304', 304, 'GET'],
  ['writeHead', 200, 'GET'],
  ['appendHeader', 200, 'GET'],
  ['headers that are cleared', 200, 'GET'],
  ['a proxied route', 200, 'GET'],
  ['nothing', 204, 'GET'],
]

/** Requests a response that ends in this way as a user without a token, and expects that it is private and sets the cookie. */
export async function expectPrivate(app: NuxtFixture, how: string, status: number, method: string): Promise<void> {
  const ada = await app.signUp('Ada')
  ada.cookies.delete('better-auth.convex_jwt')
  // An error ends as a page of the app only if the client accepts HTML.
  for (const accept of ['*/*', 'text/html']) {
    const response = await fetch(`${app.url}/ending/${encodeURIComponent(how)}`, {
      method,
      headers: { cookie: ada.cookie, accept, ...(how === '304' ? { 'if-none-match': '"1"' } : {}) },
      redirect: 'manual',
    })
    await response.text()
    expect(response.status).toBe(status)
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.get('vary')?.toLowerCase()).toContain('cookie')
    // A route rule has all of these headers, and a host may add them: both are overridden.
    expect(TARGETED.map(name => response.headers.get(name))).toEqual(TARGETED.map(() => 'private, no-store'))
    const cookies = response.headers.getSetCookie().map(cookie => cookie.split('=')[0])
    expect(cookies.filter(name => name === 'better-auth.convex_jwt')).toHaveLength(1)
  }
}
