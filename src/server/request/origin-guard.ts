/** Refuses mutations and actions of requests that a page of another site may have caused (CSRF). */
import type { ServerConfig } from '../config/server-config.ts'
import { publicOrigin } from '../config/public-origin.ts'
import { serverError } from '../config/server-error.ts'

/**
 * Throws if a page of another site may have caused the request, since browsers send the user's
 * cookies with such requests too.
 *
 * @throws {ConvueError} `ORIGIN_UNTRUSTED`
 */
export function guardOrigin(request: Request, config: ServerConfig): void {
  const { headers } = request
  const origin = headers.get('origin') ?? originOf(headers.get('referer'))
  if (origin && config.trustedOrigins.has(origin))
    return

  // The browser itself sets this header, and pages cannot change it.
  const site = headers.get('sec-fetch-site')
  if (site) {
    if (site === 'same-origin' || site === 'none')
      return
    const reported = site === 'same-site' ? site : 'cross-site'
    throw serverError('ORIGIN_UNTRUSTED', `a page of another site caused it (Sec-Fetch-Site: ${reported})`)
  }

  if (origin) {
    if (!isAppOrigin(origin, request, config))
      throw serverError('ORIGIN_UNTRUSTED', 'a page of another site caused it (Origin or Referer)')
    return
  }

  // A link with `rel="noreferrer"` on another site can cause such a request, over http or in an old
  // browser. Without cookies, the request is anonymous, so it can be allowed.
  if (headers.has('cookie')) {
    const problem = 'it has cookies, but no Origin, Referer or Sec-Fetch-Site that names the page which caused it'
    throw serverError('ORIGIN_UNTRUSTED', problem)
  }
}

/**
 * If TLS ends in front of the app, the app receives http although the browser uses https. The
 * opposite does not occur.
 */
function isAppOrigin(origin: string, request: Request, config: ServerConfig): boolean {
  const { protocol, host } = publicOrigin(request, config)
  return origin === originOf(`https://${host}`) || (protocol === 'http' && origin === originOf(`http://${host}`))
}

/**
 * Returns the origin of a URL. If the URL has no origin, the result is the text `null`. Browsers
 * send the same text as `Origin` in this case.
 */
function originOf(url: string | null): string | null {
  try {
    return url && new URL(url).origin
  }
  catch {
    return 'null'
  }
}
