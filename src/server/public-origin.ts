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

/** The visitor's address, if the settings say where it comes from. */
export function clientAddress({ headers }: Request, { trustedProxy }: Pick<ServerConfig, 'trustedProxy'>): string | null {
  if (!trustedProxy?.addressHeader)
    return null
  // Whoever sends fewer entries than there are proxies came round one of them.
  const address = splitList(headers.get(trustedProxy.addressHeader)).at(-trustedProxy.hops)
  return address && /^[\da-f.:]{2,45}$/i.test(address) ? address : null
}

/**
 * Each proxy appends to the right, so what stands further left was written by the visitor. Some proxies replace the list: then there are fewer
 * entries than proxies, and the outermost one is meant.
 */
function entryFromProxy(header: string | null, hops: number): string | null {
  const list = splitList(header)
  return list.at(-hops) ?? list[0] ?? null
}

function splitList(header: string | null): string[] {
  return (header ?? '').split(',').map(entry => entry.trim()).filter(Boolean)
}

function checkHost(host: string | null): string | null {
  return host && /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host) ? host.toLowerCase() : null
}
