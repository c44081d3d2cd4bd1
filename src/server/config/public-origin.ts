/** The address under which the browser sees the app, even behind a reverse proxy. */
import type { ServerConfig } from './server-config.ts'

/** Scheme and host of the app, as the browser sees them. */
export interface PublicOrigin {
  protocol: 'http' | 'https'
  /** Includes the port, unless it is the default port of the protocol. */
  host: string
}

/**
 * Reads the origin from the headers of a trusted reverse proxy. Without one, only the request's own
 * URL counts.
 */
export function publicOrigin(request: Request, { trustedProxy }: Pick<ServerConfig, 'trustedProxy'>): PublicOrigin {
  const url = new URL(request.url)
  const forwarded = (header: string): string | null => {
    if (!trustedProxy)
      return null
    return entryFromProxy(request.headers.get(header), trustedProxy.hops)
  }
  const protocol = forwarded('x-forwarded-proto')?.toLowerCase() ?? url.protocol.slice(0, -1)
  return {
    protocol: protocol === 'https' ? 'https' : 'http',
    host: checkHost(forwarded('x-forwarded-host')) ?? url.host,
  }
}

/**
 * Each proxy appends an entry to the right, so the client wrote the entries further left. Some
 * proxies replace the list instead. Then the list has fewer entries than there are proxies, and its
 * first entry is the outermost proxy's.
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
