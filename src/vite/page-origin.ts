/** The origin of the page, which Better Auth must know before Vite's server listens. */
import type { UserConfig } from 'vite'
import { reservePort } from '../dev/free-port.ts'

const DEFAULT_PORT = 5173

async function NOTHING_RESERVED(): Promise<void> {}

/** The origin of the page, and the port that the plugin sets for Vite; `null` if it sets none. */
export interface PageOrigin {
  origin: string
  port: number | null
  /** Frees the port. Until then, no other server can use it. */
  release: () => Promise<void>
}

/** The values that take precedence over a search for a free port. */
export interface KnownOrigin {
  /** The option `siteUrl` of the plugin. */
  siteUrl: string | undefined
  /** The origin of the server that now restarts, or `null`. */
  inUse: string | null
}

/**
 * Finds the port on which Vite will listen: the next free one from `server.port`, as Vite itself
 * does. Better Auth accepts requests of one origin only, which contains the port, so the port is
 * reserved until Vite listens.
 */
export async function findOrigin({ server = {} }: UserConfig, { siteUrl, inUse }: KnownOrigin): Promise<PageOrigin> {
  if (siteUrl !== undefined)
    return { origin: siteUrl, port: null, release: NOTHING_RESERVED }
  if (inUse !== null)
    return { origin: inUse, port: Number(new URL(inUse).port) || null, release: NOTHING_RESERVED }
  const scheme = server.https ? 'https' : 'http'
  const wanted = server.port ?? DEFAULT_PORT
  // With these options, Vite does not choose another port, or does not listen at all.
  if (server.strictPort || server.middlewareMode)
    return { origin: `${scheme}://localhost:${wanted}`, port: null, release: NOTHING_RESERVED }
  const { port, release } = await reservePort(wanted, hostOf(server.host))
  return { origin: `${scheme}://localhost:${port}`, port, release }
}

function hostOf(host: string | boolean | undefined): string {
  if (host === true)
    return '0.0.0.0'
  return host || 'localhost'
}
