/** Better Auth's cookie cache of the session, which saves a look-up in the database. */
import type { ServerConfig } from '../config/server-config.ts'
import type { UpstreamAnswer } from '../http/request-upstream.ts'
import type { AuthCookies } from './auth-cookies.ts'
import { sessionTokenOf } from '../../shared/session-cookie.ts'
import { isSessionCache, kindOf, nameOf, valueOf } from './auth-cookies.ts'

// Some versions of Better Auth use the cache without checking that it belongs to the session cookie
// beside it. So the cache is sent only if the answer can be checked: the session in it must
// have the token of the session cookie. Over the network, the cache is never sent.

/** The `Cookie` header with the cache; `null` if the cache cannot be used. */
export function cookiesWithCache({ header, pairs, session }: AuthCookies, config: ServerConfig): string | null {
  if (config.authServer.kind !== 'local' || session.kind !== 'one' || !header)
    return null
  const caches = pairs.filter(pair => isSessionCache(kindOf(nameOf(pair), config)))
  const isUnambiguous = new Set(caches.map(nameOf)).size === caches.length
  if (caches.length === 0 || !isUnambiguous)
    return null
  return [header, ...caches].join('; ')
}

/** Returns whether the session in an answer is that of the session cookie. */
export function isSessionOfCookie(answer: UpstreamAnswer, { pairs }: AuthCookies, config: ServerConfig): boolean {
  if (answer.kind !== 'answer' || answer.status !== 200)
    return false
  const { token } = (answer.body?.session ?? {}) as { token?: unknown }
  const cookies = pairs.filter(pair => kindOf(nameOf(pair), config) === 'session_token')
  return cookies.length === 1 && typeof token === 'string' && sessionTokenOf(valueOf(cookies[0]!)) === token
}
