/** Whether a cache keeps a response for all users. Such a response is rendered anonymously. */
import type { H3Event } from 'h3'
import { getRouteRules } from 'nitropack/runtime'
import { callerOf } from './outermost-request.ts'

type Rules = Record<string, unknown>

/**
 * Whether the response is prerendered, or kept by a cache that serves it to other users, or becomes
 * part of such a response. All requests that the app's server makes to itself for a shared response
 * are anonymous too.
 */
export function isShared(event: H3Event): boolean {
  if (import.meta.prerender)
    return true
  const caller = callerOf(event)
  if (isKeptByServer(event))
    return true
  // The host's cache sees only the outermost response: the rules for `/__nuxt_error` do not apply
  // to the page that failed.
  if (caller)
    return isShared(caller)
  return isKeptByHost(event)
}

/**
 * Nitro's own cache also keeps responses to inner requests. `defineCachedEventHandler` sets
 * `context.cache`.
 */
function isKeptByServer(event: H3Event): boolean {
  return hasRule(event, rules => !!rules.cache) || !!event.context.cache
}

/**
 * The cache of a host such as Netlify or Vercel keeps the response, or the build writes it as a
 * file.
 */
function isKeptByHost(event: H3Event): boolean {
  return hasRule(event, ({ isr, swr, prerender }) => !!(isr || swr || prerender))
}

function hasRule(event: H3Event, matches: (rules: Rules) => boolean): boolean {
  // Caches only answer these methods.
  if (event.method !== 'GET' && event.method !== 'HEAD')
    return false
  // Nitro matches the decoded path; the presets of hosts match the path as the client sent it.
  const undecoded = { path: event.node.req.originalUrl ?? event.path, context: {} } as H3Event
  return matches(getRouteRules(event) as Rules) || matches(getRouteRules(undecoded) as Rules)
}
