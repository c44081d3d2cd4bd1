/** Finds the host names with which other machines can reach the page. */
import type { NetworkOptions } from './local-deployment.ts'
import { isLoopbackHost } from './network-origins.ts'

/** The options of Vite's server that decide which machines can reach it. */
export interface ServerAccess {
  /** The host on which the server listens. `true`: every address. */
  host?: string | boolean | undefined
  /** Further host names of the page. */
  allowedHosts?: string[] | true | undefined
}

/** Every address of the machine. */
const WILDCARDS = ['0.0.0.0', '::', '[::]']

/**
 * The host names of a page that other machines can reach; `null` if only this machine can.
 *
 * @param server The options of the server.
 * @param siteUrl The origin of the page, if the app sets it: it may be the address of a tunnel.
 */
export function findNetwork(server: ServerAccess, siteUrl: string | undefined): NetworkOptions | null {
  const { host, allowedHosts } = server
  const isTunnel = siteUrl !== undefined && !isLoopbackHost(new URL(siteUrl).hostname)
  if (!isTunnel && (!host || (typeof host === 'string' && isLoopbackHost(host))))
    return null
  const allowed = Array.isArray(allowedHosts) ? allowedHosts : []
  const names = typeof host === 'string' ? [host, ...allowed] : allowed
  // A name that begins with a dot stands for all names below it.
  return { names: names.filter(name => !name.startsWith('.') && !WILDCARDS.includes(name) && !isLoopbackHost(name)) }
}
