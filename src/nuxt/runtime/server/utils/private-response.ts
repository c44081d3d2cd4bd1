import type { ServerResponse } from 'node:http'

// Keeps a response out of all caches, whatever sets its headers later and however it ends: a value, `send`, a redirect, a stream, a web `Response`,
// an error page, `writeHead`. All of them set headers through the methods that are replaced here.

/** A response that no cache may keep. */
export interface PrivateResponse {
  /** Adds `Set-Cookie`s, unless the headers have left already. Of two cookies of one name the later one counts. */
  renewCookies: (setCookies: string[]) => void
}

const CACHE_CONTROL = 'private, no-store'

/** Its value is a number of seconds: 0 keeps the response out of nginx's cache. */
const NGINX = 'x-accel-expires'

/** What outranks `Cache-Control` in one cache or another: `CDN-Cache-Control` (RFC 9213), those of single hosts, Surrogate-Control, nginx's. */
const TARGETED = /-cache-control$|^(?:surrogate-control|edge-control|x-accel-expires)$/i

const responses = new WeakMap<ServerResponse, PrivateResponse>()

/** What lets a cache keep a response in spite of `private` or `no-store` (RFC 9111, 5.2.2). */
const WIDENING = /^(?:(?:public|s-maxage|must-understand)\b|(?:private|no-store)\s*=)/

/** Whether the headers keep the response out of all caches. */
export function isPrivate(res: ServerResponse): boolean {
  const isKeptOut = (name: string): boolean => directivesOf(res.getHeader(name)).some(it => it === 'private' || it === 'no-store')
  return isKeptOut('cache-control') && targetedHeaders(res).every(name => isKeptOut(name) || isNever(name, res.getHeader(name)))
}

/** Whether a header is for one kind of cache, where it outranks `Cache-Control`. */
export function isTargeted(name: string): boolean {
  return TARGETED.test(name)
}

/**
 * Makes the response private from now on. Its headers must not have been sent. `targeted` are targeted headers that the host adds after the app has
 * answered, unless the response has them: they are kept, and say the same.
 */
export function makePrivate(res: ServerResponse, targeted: string[] = []): PrivateResponse {
  let response = responses.get(res)
  if (!response)
    responses.set(res, response = guard(res, targeted.map(name => name.toLowerCase())))
  return response
}

function guard(res: ServerResponse, targeted: string[]): PrivateResponse {
  const { setHeader, appendHeader, removeHeader } = res
  const cookies = new Map<string, string>()
  const set = (name: string, value: number | string | readonly string[]): void => void setHeader.call(res, name, value)

  /** The cookies that are being set, and the renewed ones that are not among them. The error page's response sets renewed ones a second time. */
  const withRenewed = (setCookies: string[]): string[] => {
    const last = new Map(setCookies.map((setCookie, index) => [nameOf(setCookie), index]))
    const missing = [...cookies].filter(([name]) => !last.has(name)).map(([, setCookie]) => setCookie)
    return [...missing, ...setCookies.filter((setCookie, index) => !cookies.has(nameOf(setCookie)) || last.get(nameOf(setCookie)) === index)]
  }

  res.setHeader = (name, value) => {
    const key = name.toLowerCase()
    if (key === 'cache-control')
      set(name, keepsPrivate(value) ? value : CACHE_CONTROL)
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
      return res.setHeader(name, [...listOf(res.getHeader(name)), ...listOf(value)].filter((it, index, all) => all.indexOf(it) === index))
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

/** Stricter rules than ours may stay: `no-transform` of an event stream, for one. */
function keepsPrivate(value: unknown): boolean {
  const directives = directivesOf(value)
  return directives.includes('private') && directives.includes('no-store')
}

/** None if one of them lets a cache keep the response, or where it is uncertain where one ends. */
function directivesOf(value: unknown): string[] {
  // The names in a quoted string, such as those of `private="x, y"`, are not directives.
  const directives = String(value ?? '').toLowerCase().replace(/"(?:\\.|[^"\\])*"/g, 'quoted').split(',').map(it => it.trim())
  return directives.some(it => WIDENING.test(it) || it.includes('"')) ? [] : directives
}

function isNever(name: string, value: unknown): boolean {
  return name === NGINX && String(value) === '0'
}

function withCookie(vary: string): string {
  const names = vary.split(',').map(name => name.trim()).filter(Boolean)
  return names.some(name => /^(?:cookie|\*)$/i.test(name)) ? names.join(', ') : [...names, 'Cookie'].join(', ')
}

function listOf(value: number | string | readonly string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat().map(String)
}

function nameOf(setCookie: string): string {
  return setCookie.slice(0, setCookie.indexOf('=')).trim()
}
