/** Keeps a response out of all caches, even if other code changes its headers later. */
import type { ServerResponse } from 'node:http'

// There are many ways to end a response: a returned value, `send`, a redirect, a stream, a web
// `Response`, an error page, `writeHead`. All of them set headers with the methods of Node's
// response that this file replaces.

/** A response that no cache may keep. */
export interface PrivateResponse {
  /**
   * Adds `Set-Cookie` headers, unless the headers have already been sent. If two cookies have the
   * same name, the later cookie is kept.
   */
  renewCookies: (setCookies: string[]) => void
}

const CACHE_CONTROL = 'private, no-store'

/**
 * Unlike in the other headers, the value is a number of seconds: 0 keeps the response out of
 * nginx's cache.
 */
const NGINX = 'x-accel-expires'

/**
 * Headers that take precedence over `Cache-Control` in some caches: `CDN-Cache-Control` (RFC 9213),
 * similar headers of individual hosts, `Surrogate-Control`, and the header of nginx.
 */
const TARGETED = /-cache-control$|^(?:surrogate-control|edge-control|x-accel-expires)$/i

const responses = new WeakMap<ServerResponse, PrivateResponse>()

/**
 * Directives with which a cache may keep a response in spite of `private` or `no-store` (RFC 9111,
 * 5.2.2).
 */
const WIDENING = /^(?:(?:public|s-maxage|must-understand)\b|(?:private|no-store)\s*=)/

/** Returns whether the headers keep the response out of all caches. */
export function isPrivate(res: ServerResponse): boolean {
  const isKeptOut = (name: string): boolean =>
    directivesOf(res.getHeader(name)).some(directive => directive === 'private' || directive === 'no-store')
  return isKeptOut('cache-control')
    && targetedHeaders(res).every(name => isKeptOut(name) || isNever(name, res.getHeader(name)))
}

/**
 * Returns whether a header is meant for one kind of cache, in which it takes precedence over
 * `Cache-Control`.
 */
export function isTargeted(name: string): boolean {
  return TARGETED.test(name)
}

/**
 * Makes the response private from now on. Its headers must not have been sent yet. `targeted` are
 * the names of cache headers that the host would add to the response later. These headers are set
 * here, with a value that keeps the response out of caches, because the host does not replace
 * existing headers.
 */
export function makePrivate(res: ServerResponse, targeted: string[] = []): PrivateResponse {
  let response = responses.get(res)
  if (!response) {
    response = guard(res, targeted.map(name => name.toLowerCase()))
    responses.set(res, response)
  }
  return response
}

function guard(res: ServerResponse, targeted: string[]): PrivateResponse {
  const { setHeader, appendHeader, removeHeader } = res
  const cookies = new Map<string, string>()
  const set = (name: string, value: number | string | readonly string[]): void => {
    setHeader.call(res, name, value)
  }

  /**
   * Returns the cookies that are being set, together with all renewed cookies that they do not
   * replace. The error page may set a renewed cookie a second time: only the last one is kept.
   */
  const withRenewed = (setCookies: string[]): string[] => {
    const last = new Map(setCookies.map((setCookie, index) => [nameOf(setCookie), index]))
    const missing = [...cookies].filter(([name]) => !last.has(name)).map(([, setCookie]) => setCookie)
    const isLast = (setCookie: string, index: number): boolean => last.get(nameOf(setCookie)) === index
    const others = setCookies.filter((setCookie, index) => !cookies.has(nameOf(setCookie)) || isLast(setCookie, index))
    return [...missing, ...others]
  }

  res.setHeader = (name, value) => {
    const key = name.toLowerCase()
    if (key === 'cache-control')
      set(name, toPrivate(value))
    else if (key === 'vary')
      set(name, withCookie(listOf(value).join(', ')))
    else if (key === 'set-cookie')
      set(name, withRenewed(listOf(value)))
    else if (!TARGETED.test(name))
      set(name, value)
    return res
  }
  res.appendHeader = (name, value) => {
    const key = name.toLowerCase()
    if (key === 'cache-control')
      set(name, CACHE_CONTROL)
    else if (key === 'vary' || key === 'set-cookie')
      return res.setHeader(name, [...new Set([...listOf(res.getHeader(name)), ...listOf(value)])])
    else if (!TARGETED.test(name))
      appendHeader.call(res, name, value)
    return res
  }
  res.removeHeader = (name) => {
    const key = name.toLowerCase()
    if (key === 'vary')
      set(name, 'Cookie')
    else if (key === 'set-cookie' && cookies.size > 0)
      set(name, [...cookies.values()])
    else if (key !== 'cache-control' && !targeted.includes(key))
      removeHeader.call(res, name)
  }

  for (const name of targetedHeaders(res))
    removeHeader.call(res, name)
  for (const name of targeted)
    set(name, name === NGINX ? '0' : CACHE_CONTROL)
  set('cache-control', CACHE_CONTROL)
  set('vary', withCookie(listOf(res.getHeader('vary')).join(', ')))

  return {
    renewCookies(setCookies) {
      if (setCookies.length === 0 || res.headersSent)
        return
      for (const setCookie of setCookies) {
        cookies.delete(nameOf(setCookie))
        cookies.set(nameOf(setCookie), setCookie)
      }
      const others = listOf(res.getHeader('set-cookie')).filter(setCookie => !cookies.has(nameOf(setCookie)))
      set('set-cookie', [...others, ...cookies.values()])
    },
  }
}

function targetedHeaders(res: ServerResponse): string[] {
  return res.getHeaderNames().filter(name => TARGETED.test(name))
}

/**
 * Keeps a value that is already private, since it may contain other directives, such as the
 * `no-transform` of an event stream.
 */
function toPrivate<Value>(value: Value): Value | string {
  const directives = directivesOf(value)
  if (directives.includes('private') && directives.includes('no-store'))
    return value
  return CACHE_CONTROL
}

/**
 * The directives of a `Cache-Control` value. Empty if one of them lets a cache keep the response,
 * or if the value cannot be split reliably.
 */
function directivesOf(value: unknown): string[] {
  // The names in a quoted string, as in `private="x, y"`, are not directives.
  const unquoted = String(value ?? '').toLowerCase().replace(/"(?:\\.|[^"\\])*"/g, 'quoted')
  const directives = unquoted.split(',').map(directive => directive.trim())
  if (directives.some(directive => WIDENING.test(directive) || directive.includes('"')))
    return []
  return directives
}

function isNever(name: string, value: unknown): boolean {
  return name === NGINX && String(value) === '0'
}

function withCookie(vary: string): string {
  const names = vary.split(',').map(name => name.trim()).filter(Boolean)
  if (!names.some(name => /^(?:cookie|\*)$/i.test(name)))
    names.push('Cookie')
  return names.join(', ')
}

function listOf(value: number | string | readonly string[] | undefined): string[] {
  return [value ?? []].flat().map(String)
}

function nameOf(setCookie: string): string {
  return setCookie.slice(0, setCookie.indexOf('=')).trim()
}
