import type { H3Event } from 'h3'
import { getRouteRules } from 'nitropack/runtime'
import { callerOf } from './outermost-request.ts'

// Whether a response is for everybody. It is then rendered anonymously, and so is all that the app's server requests from itself for it.

type Rules = Record<string, unknown>

/** Whether the response is prerendered, or kept by a cache that serves it to other users, or becomes part of such a response. */
export function isShared(event: H3Event): boolean {
  if (import.meta.prerender)
    return true
  const caller = callerOf(event)
  // The host's cache sees the outermost response only: the rules for `/__nuxt_error` say nothing about the page that failed.
  return isKeptByServer(event) || (caller ? isShared(caller) : isKeptByHost(event))
}

/** By Nitro's own cache, which keeps inner responses too. `context.cache` is set by `defineCachedEventHandler`. */
function isKeptByServer(event: H3Event): boolean {
  return isKept(event, rules => !!rules.cache) || !!event.context.cache
}

/** By the cache of a host such as Netlify or Vercel, or as a file. */
function isKeptByHost(event: H3Event): boolean {
  return isKept(event, ({ isr, swr, prerender }) => !!(isr || swr || prerender))
}

function isKept(event: H3Event, isRuled: (rules: Rules) => boolean): boolean {
  // No cache answers another method from what it keeps.
  if (event.method !== 'GET' && event.method !== 'HEAD')
    return false
  // Nitro matches the decoded path, and presets match the path as it came.
  const asItCame = { path: event.node.req.originalUrl ?? event.path, context: {} } as H3Event
  return isRuled(getRouteRules(event) as Rules) || isRuled(getRouteRules(asItCame) as Rules)
}
