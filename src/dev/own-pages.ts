/** Decides which requests the development pages of Convue answer: only those of this machine. */
import type { IncomingMessage } from 'node:http'
import { isLoopbackHost } from './network-origins.ts'

/**
 * Whether a request was sent from this machine, to one of its names. Otherwise, it may come from
 * another device, because of `--host`, or from a site whose name resolves to this machine.
 */
export function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  return isLoopbackHost(address) && isLoopbackHost(host)
}

/** Whether a request was sent by a page of the same origin, or not by a page at all. */
export function isOfOwnPage({ headers }: IncomingMessage): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host))
    return false
  return ['same-origin', 'none', undefined].includes(site as string | undefined)
}

/** Whether the user has opened the page, for example with a link on a page of another origin. */
export function isNavigation({ headers }: IncomingMessage): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}
