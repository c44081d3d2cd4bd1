/** Finds the host names with which other machines can reach the page. */
import type { UserConfig } from 'vite'
import type { NetworkOptions } from '../dev/local-deployment.ts'
import { isLoopbackHost } from '../dev/network-origins.ts'

/** Every address of the machine. */
const WILDCARDS = ['0.0.0.0', '::', '[::]']

/** The host names of a page that other machines can reach; `null` if only this machine can. */
export function findNetwork({ server = {} }: UserConfig, siteUrl: string | undefined): NetworkOptions | null {
  const { host, allowedHosts } = server
  const isTunnel = siteUrl !== undefined && !isLoopbackHost(new URL(siteUrl).hostname)
  if (!isTunnel && (!host || (typeof host === 'string' && isLoopbackHost(host))))
    return null
  const allowed = Array.isArray(allowedHosts) ? allowedHosts : []
  const names = typeof host === 'string' ? [host, ...allowed] : allowed
  // A name that begins with a dot stands for all names below it.
  return { names: names.filter(name => !name.startsWith('.') && !WILDCARDS.includes(name) && !isLoopbackHost(name)) }
}
