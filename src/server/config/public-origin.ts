/** The address of the app in the browser, even behind a reverse proxy. */
import type { ServerConfig } from './server-config.ts'

/** The scheme and the host of the app in the browser. */
export interface PublicOrigin {
  protocol: 'http' | 'https'
  /** Includes the port, unless it is the default port of the protocol. */
  host: string
}

/**
 * Reads the origin from the trusted headers of a reverse proxy. Without such a header, a part of
 * the origin is that of the request's URL.
 */
export function publicOrigin(request: Request, { trustedProxy }: Pick<ServerConfig, 'trustedProxy'>): PublicOrigin {
  const url = new URL(request.url)
  const forwarded = (part: 'protocolHeader' | 'hostHeader'): string | null => {
    const header = trustedProxy?.[part]
    if (!trustedProxy || !header)
      return null
    return entryFromProxy(request.headers.get(header), trustedProxy.hops)
  }
  const protocol = forwarded('protocolHeader')?.toLowerCase() ?? url.protocol.slice(0, -1)
  return {
    protocol: protocol === 'https' ? 'https' : 'http',
    host: checkHost(forwarded('hostHeader')) ?? url.host,
  }
}

/**
 * Each proxy appends an entry at the end of the list, so all entries before these come from the
 * client. Some proxies replace the list instead. Then the list has fewer entries than there are
 * proxies, and the outermost proxy has written the first entry.
 */
function entryFromProxy(header: string | null, hops: number): string | null {
  const entries = listEntries(header)
  return entries.at(-hops) ?? entries[0] ?? null
}

/** The entries of a header whose value is a comma-separated list. */
export function listEntries(header: string | null): string[] {
  return (header ?? '').split(',').map(entry => entry.trim()).filter(Boolean)
}

function checkHost(host: string | null): string | null {
  if (host && /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host))
    return host.toLowerCase()
  return null
}
