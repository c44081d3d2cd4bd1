/** The origins at which other machines reach a server of this machine. */
import { networkInterfaces } from 'node:os'

/**
 * The origins of a server that listens on all addresses of this machine, without the loopback
 * interface.
 *
 * @param origin The origin of the server on this machine, whose scheme and port all origins have.
 * @param names Host names that resolve to this machine.
 */
export function networkOrigins(origin: string, names: readonly string[]): string[] {
  const { protocol, port } = new URL(origin)
  const suffix = port && `:${port}`
  return [...new Set([...networkAddresses(), ...names].map(host => `${protocol}//${host}${suffix}`))]
}

/** Link-local addresses of IPv6 are left out, because a browser cannot open a page there. */
function networkAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return addresses
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address, family }) => family === 'IPv6' ? `[${address}]` : address)
}

/** Returns whether only this machine can reach a host name or an address. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}
