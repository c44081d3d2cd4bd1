import type { ServerConfig } from './server-config.ts'
import { publicOrigin } from './public-origin.ts'
import { serverError } from './server-error.ts'

/**
 * Refuses a request that a page of another site caused, which the visitor's cookies come along with all the same.
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
      throw serverError('ORIGIN_UNTRUSTED', `Sec-Fetch-Site: ${site === 'same-site' ? site : 'cross-site'}`)
    return
  }

  // No browser leaves all of these out of a request that writes.
  if (origin && !isOwn(origin, request, config))
    throw serverError('ORIGIN_UNTRUSTED', 'Origin or Referer')
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
