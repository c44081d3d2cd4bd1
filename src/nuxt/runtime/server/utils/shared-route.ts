/** Determines whether a response is the same for all users. Such a response is anonymous. */
import type { H3Event } from '../nitro.ts'
import { getRouteRules } from '../nitro.ts'
import { callerOf } from './outermost-request.ts'

type Rules = Record<string, unknown> & { convue?: { auth?: boolean } }

/**
 * Returns why the response is shared, as a part of a sentence; `null` if it is not shared. A shared
 * response is prerendered, kept by a cache for other users, rendered for all users by the rule
 * `convue: { auth: false }`, or part of such a response. All requests that the app's server sends
 * to itself for a shared response are anonymous too.
 */
export function sharedBy(event: H3Event): string | null {
  if (import.meta.prerender)
    return 'prerendering'
  const inServer = sharedByServer(event)
  if (inServer)
    return inServer
  // The host's cache receives only the outermost response, so only the rules of its route apply.
  // For an error page, these are the rules of the page that failed, and not the rules of
  // `/__nuxt_error`.
  const caller = callerOf(event)
  return caller ? sharedBy(caller) : sharedByHost(event)
}

/**
 * A rule for all users, or Nitro's own cache, which also keeps the responses to internal requests.
 * `defineCachedEventHandler` sets `context.cache`.
 */
function sharedByServer(event: H3Event): string | null {
  if (hasRule(event, ({ convue }) => convue?.auth === false))
    return 'the route rule `convue: { auth: false }`'
  if (hasRule(event, rules => !!rules.cache))
    return 'the route rule `cache` or `swr`'
  return event.context.cache ? '`defineCachedEventHandler`' : null
}

/** The cache of a host such as Netlify, or a file that the build writes. */
function sharedByHost(event: H3Event): string | null {
  const rule = ['isr', 'swr', 'prerender'].find(name => hasRule(event, rules => !!rules[name]))
  return rule ? `the route rule \`${rule}\`` : null
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
