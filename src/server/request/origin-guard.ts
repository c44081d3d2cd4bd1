import type { ServerConfig } from '../config/server-config.ts'
import { publicOrigin } from '../config/public-origin.ts'
import { serverError } from '../config/server-error.ts'

/**
 * Refuses a write of a request that a page of another site may have caused: the user's cookies come
 * along with it all the same.
 *
 * @throws {ConvueError} `ORIGIN_UNTRUSTED`
 */
export function guardOrigin(request: Request, config: ServerConfig): void {
  const { headers } = request
  const origin = headers.get('origin') ?? originOf(headers.get('referer'))
  if (origin && config.trustedOrigins.has(origin))
    return

  // The browser itself compares, and no page can write this header.
  const site = headers.get('sec-fetch-site')
  if (site) {
    if (site !== 'same-origin' && site !== 'none')
      throw untrusted(`a page of another site caused it (Sec-Fetch-Site: ${site === 'same-site' ? site : 'cross-site'})`)
    return
  }

  if (origin) {
    if (!isOwn(origin, request, config))
      throw untrusted('a page of another site caused it (Origin or Referer)')
    return
  }

  // A link on another site can look like this: over http and in old browsers, with
  // `rel="noreferrer"`. Without cookies, it does not run as a user.
  if (headers.has('cookie'))
    throw untrusted('it has cookies, and no Origin, Referer or Sec-Fetch-Site that says where it comes from')
}

function untrusted(reason: string): Error {
  return serverError('ORIGIN_UNTRUSTED', reason)
}

/** Where TLS ends before the app, it sees http where the visitor sees https; never the other way round. */
function isOwn(origin: string, request: Request, config: ServerConfig): boolean {
  const { protocol, host } = publicOrigin(request, config)
  return origin === originOf(`https://${host}`) || (protocol === 'http' && origin === originOf(`http://${host}`))
}

/** `null` for what has none, which an `Origin` of `null` says of itself. */
function originOf(url: string | null): string | null {
  try {
    return url && new URL(url).origin
  }
  catch {
    return 'null'
  }
}
