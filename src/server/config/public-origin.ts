import type { ServerConfig } from './server-config.ts'

/** Under which address the visitor sees the app. */
export interface PublicOrigin {
  protocol: 'http' | 'https'
  /** With the port, if it is not the usual one. */
  host: string
}

/** A reverse proxy that is trusted tells it; otherwise only the request itself does. */
export function publicOrigin(request: Request, { trustedProxy }: Pick<ServerConfig, 'trustedProxy'>): PublicOrigin {
  const url = new URL(request.url)
  const told = (name: string): string | null => trustedProxy && entryFromProxy(request.headers.get(name), trustedProxy.hops)
  const protocol = told('x-forwarded-proto')?.toLowerCase() ?? url.protocol.slice(0, -1)
  return {
    protocol: protocol === 'https' ? 'https' : 'http',
    host: checkHost(told('x-forwarded-host')) ?? url.host,
  }
}

/**
 * Each proxy appends to the right, so what stands further left was written by the visitor. Some proxies replace the list: then there are fewer
 * entries than proxies, and the outermost one is meant.
 */
function entryFromProxy(header: string | null, hops: number): string | null {
  const list = entriesOf(header)
  return list.at(-hops) ?? list[0] ?? null
}

/** The entries of a header that is a list. */
export function entriesOf(header: string | null): string[] {
  return (header ?? '').split(',').map(entry => entry.trim()).filter(Boolean)
}

function checkHost(host: string | null): string | null {
  return host && /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host) ? host.toLowerCase() : null
}
