/** The address by which Better Auth limits how often a client may try something. Where the app itself is: `public-origin.ts`. */
import type { ServerConfig } from '../config/server-config.ts'
import { entriesOf } from '../config/public-origin.ts'
import { serverError } from '../config/server-error.ts'

/** What only the connection of a request tells, not the request itself. */
export interface ClientConnection {
  /** The address at the other end of the connection: `socket.remoteAddress` in Node. */
  address?: string | undefined
}

/** Finds the address of a request's client; `null` if it is not known. */
export type FindAddress = (request: Request, connection: ClientConnection | undefined) => string | null

/** A missing address is reported once for each reason: from then on, all such clients share one limit. */
export function createAddressFinder({ trustedProxy }: ServerConfig): FindAddress {
  const reported = new Set<string>()

  function report(reason: string): void {
    if (reported.has(reason))
      return
    reported.add(reason)
    console.warn(serverError('CLIENT_ADDRESS_UNKNOWN', reason).message)
  }

  return ({ headers }, connection) => {
    if (trustedProxy) {
      const { addressHeader, hops } = trustedProxy
      const address = normalizeAddress(entryOf(headers.get(addressHeader), addressHeader, hops))
      if (!address)
        report(`\`${addressHeader}\` of a request holds no address that the ${hops === 1 ? 'proxy' : `${hops} proxies`} of \`trustProxy\` wrote`)
      return address
    }
    // A proxy that is not trusted is the other end of every connection.
    if (headers.has('x-forwarded-for'))
      report('a request came through a reverse proxy, and `trustProxy` is off')
    const address = normalizeAddress(connection?.address)
    if (!address)
      report('`handler` was called without the address of the connection, and `trustProxy` is off')
    return address
  }
}

/** Each proxy appends to a list. Any other header holds one address, and a second one was not written by the proxy. */
function entryOf(value: string | null, header: string, hops: number): string | undefined {
  const entries = entriesOf(value)
  if (header.endsWith('forwarded-for'))
    // A request with fewer entries than there are proxies did not come through all of them.
    return entries.at(-hops)
  return entries.length === 1 ? entries[0] : undefined
}

/**
 * One spelling for each address: without a port and a zone, and an IPv4 address that a socket for IPv6 has accepted as what it is.
 *
 * @returns `null` for anything else than an address.
 */
export function normalizeAddress(text: unknown): string | null {
  const [, inBrackets, v4WithPort, plain] = /^(?:\[(.+)\](?::\d+)?|([\d.]+):\d+|(.+))$/.exec(String(text ?? '').trim()) ?? []
  const address = (inBrackets ?? v4WithPort ?? plain ?? '').replace(/%[\w.-]+$/, '')
  if (isV4(address))
    return address
  if (!/^[\da-f:.]{2,45}$/i.test(address) || !address.includes(':'))
    return null
  try {
    // The parser of URLs knows how an IPv6 address is shortened.
    const v6 = new URL(`http://[${address}]`).hostname.slice(1, -1)
    const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(v6) ?? []
    return high && low ? [high, low].flatMap(toBytes).join('.') : v6
  }
  catch {
    return null
  }
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
 * The address of a request that the app's server itself makes, for a session or a token. The limits of Better Auth are for
 * clients, and count by address and path: under one address, the requests of all users would add up; under the client's, rendering
 * pages would use up what the client may ask for. So each has a network of its own, which is what Better Auth counts IPv6 by, from the
 * local addresses (RFC 4193) that no client on the internet has.
 */
export function createServerAddress(): string {
  const digits = [...crypto.getRandomValues(new Uint8Array(7))].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return `fd${digits.slice(0, 2)}:${digits.slice(2, 6)}:${digits.slice(6, 10)}:${digits.slice(10)}::1`
}
