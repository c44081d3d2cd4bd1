/** Determines whether a response is the same for all users. Such a response is anonymous. */
import type { H3Event } from '../nitro.ts'
import { getRouteRules } from '../nitro.ts'
import { callerOf } from './outermost-request.ts'

type Rules = Record<string, unknown> & { convue?: { auth?: boolean } }

/**
 * Returns whether the response is shared: prerendered, kept by a cache for other users, rendered
 * for all users by the rule `convue: { auth: false }`, or part of such a response. All requests
 * that the app's server sends to itself for a shared response are anonymous too.
 */
export function isShared(event: H3Event): boolean {
  if (import.meta.prerender)
    return true
  const caller = callerOf(event)
  if (isKeptByServer(event) || hasRule(event, ({ convue }) => convue?.auth === false))
    return true
  // The host's cache receives only the outermost response, so only the rules of its route apply.
  // For an error page, these are the rules of the page that failed, and not the rules of
  // `/__nuxt_error`.
  if (caller)
    return isShared(caller)
  return isKeptByHost(event)
}

/**
 * Returns whether Nitro's own cache keeps the response, also for an internal request.
 * `defineCachedEventHandler` sets `context.cache`.
 */
function isKeptByServer(event: H3Event): boolean {
  return hasRule(event, rules => !!rules.cache) || !!event.context.cache
}

/**
 * Returns whether the cache of a host such as Netlify keeps the response, or the build writes it
 * to a file.
 */
function isKeptByHost(event: H3Event): boolean {
  return hasRule(event, ({ isr, swr, prerender }) => !!(isr || swr || prerender))
}

function hasRule(event: H3Event, matches: (rules: Rules) => boolean): boolean {
  // Caches only keep responses to these methods.
  if (event.method !== 'GET' && event.method !== 'HEAD')
    return false
  // Nitro matches rules against the decoded path, and the presets of hosts against the path as the
  // client sent it. A rule applies if either path matches.
  const undecoded = { path: event.node.req.originalUrl ?? event.path, context: {} } as H3Event
  return matches(getRouteRules(event) as Rules) || matches(getRouteRules(undecoded) as Rules)
}
