/** The client's address, by which Better Auth limits attempts. */
import type { ServerConfig, TrustedProxy } from '../config/server-config.ts'
import { listEntries } from '../config/public-origin.ts'
import { serverError } from '../config/server-error.ts'

/** Properties of a request's connection that the request itself does not contain. */
export interface ClientConnection {
  /** The address at the other end of the connection: `socket.remoteAddress` in Node. */
  address?: string | undefined
}

/** Finds the address of a request's client; `null` if it is unknown. */
export type FindAddress = (request: Request, connection: ClientConnection | undefined) => string | null

/**
 * Creates the function. It reports a missing address once for each reason, since all clients
 * without an address share one limit.
 */
export function createAddressFinder({ trustedProxy }: ServerConfig): FindAddress {
  const reported = new Set<string>()

  function report(problem: string): void {
    if (reported.has(problem))
      return
    reported.add(problem)
    console.warn(serverError('CLIENT_ADDRESS_UNKNOWN', problem).message)
  }

  function addressFromProxy(headers: Headers, proxy: TrustedProxy): string | null {
    const { addressHeader, hops } = proxy
    const address = normalizeAddress(entryFromProxy(headers.get(addressHeader), proxy))
    if (!address) {
      const proxies = hops === 1 ? 'the proxy' : `the ${hops} proxies`
      report(`\`${addressHeader}\` of a request contains no address written by ${proxies} of \`trustProxy\``)
    }
    return address
  }

  return ({ headers }, connection) => {
    if (trustedProxy)
      return addressFromProxy(headers, trustedProxy)
    // If the proxy is not trusted, the address of the connection may be the address of the proxy.
    if (headers.has('x-forwarded-for'))
      report('a request came through a reverse proxy, and `trustProxy` is off')
    const address = normalizeAddress(connection?.address)
    if (!address)
      report('`handler` was called without the address of the connection, and `trustProxy` is off')
    return address
  }
}

/**
 * The address that the outermost proxy has written. In a list, each proxy appends one entry. Any
 * other header contains one address; with several, the proxy has not written all of them.
 */
function entryFromProxy(value: string | null, { addressHeader, hops }: TrustedProxy): string | undefined {
  const entries = listEntries(value)
  // A request with fewer entries than there are proxies did not pass all of them.
  if (addressHeader.endsWith('forwarded-for'))
    return entries.at(-hops)
  if (entries.length > 1)
    return undefined
  return entries[0]
}

/**
 * Normalizes an address: removes the port and the zone, and converts an IPv4 address in the form of
 * an IPv6 address into an IPv4 address.
 *
 * @returns `null` if the text is not an address.
 */
export function normalizeAddress(text: unknown): string | null {
  const parts = /^(?:\[(.+)\](?::\d+)?|([\d.]+):\d+|(.+))$/.exec(String(text ?? '').trim()) ?? []
  const [, inBrackets, v4WithPort, plain] = parts
  const address = (inBrackets ?? v4WithPort ?? plain ?? '').replace(/%[\w.-]+$/, '')
  if (isV4(address))
    return address
  if (!/^[\da-f:.]{2,45}$/i.test(address) || !address.includes(':'))
    return null
  try {
    // The URL parser shortens an IPv6 address to its canonical form.
    return unmapV4(new URL(`http://[${address}]`).hostname.slice(1, -1))
  }
  catch {
    return null
  }
}

/**
 * The IPv4 address inside an IPv6 address such as `::ffff:c000:201`; any other IPv6 address
 * unchanged.
 */
function unmapV4(v6: string): string {
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(v6) ?? []
  if (!high || !low)
    return v6
  return [high, low].flatMap(toBytes).join('.')
}

function isV4(address: string): boolean {
  const parts = address.split('.')
  return parts.length === 4 && parts.every(part => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
}

function toBytes(group: string): number[] {
  const value = Number.parseInt(group, 16)
  return [value >> 8, value & 255]
}

/**
 * An address for a request that the app's server makes itself, for a session or a token. Better
 * Auth's limits are meant for clients, and count the requests of each address for each path. With
 * one address for all of the server's requests, the requests of all users would be counted
 * together. With the address of the client, the rendering of pages would use up the limit of the
 * client. So each request of the server has an address in a different network, since Better Auth
 * counts IPv6 addresses by network. All of these addresses are local addresses, which no client on
 * the internet has.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4193
 */
export function createServerAddress(): string {
  const bytes = [...crypto.getRandomValues(new Uint8Array(7))]
  const digits = bytes.map(byte => byte.toString(16).padStart(2, '0')).join('')
  return `fd${digits.slice(0, 2)}:${digits.slice(2, 6)}:${digits.slice(6, 10)}:${digits.slice(10)}::1`
}
