/** The machines that can reach the pages of `nuxt dev`, and their way to the deployment. */
import type { ClientProxy, ServerAccess } from 'convue/dev'
import type { Server } from 'node:http'
import type { Nuxt } from 'nuxt/schema'

/** The server of `nuxt dev`, as the hook `listen` passes it. */
export interface Listener {
  /** The address that Nuxt prints. */
  url: string
}

/** What the app must know about its deployment when Nuxt builds it. */
export interface Served {
  readonly deployment: 'embedded' | 'other'
  /**
   * The path that follows the origin of the page in the address of the deployment; `null` if pages
   * connect to the deployment itself. Known as soon as Nuxt listens.
   */
  readonly clientPath: string | null
  /** The origin of the server on this machine; `null` until Nuxt listens. */
  readonly origin: string | null
  /** Reads the latest requests of the app's server, newest first. Set by the module. */
  readRequests?: () => Promise<readonly object[]>
}

/** The hosts under which the server was started and can be opened. */
export function accessOf({ options }: Nuxt, server: Server, { url }: Listener): ServerAccess {
  const { hostname } = new URL(url)
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.address : hostname
  // Nuxt replaces the option by `true` with `--host`, so the names are read from the configuration.
  const names = options._layers.flatMap(({ config }) => {
    const allowedHosts = config.vite?.server?.allowedHosts
    return Array.isArray(allowedHosts) ? allowedHosts : []
  })
  return { host: bound, allowedHosts: [hostname, ...names] }
}

/** The origin under which the page is opened on this machine. */
export function originOf({ url }: Listener): string {
  const address = new URL(url)
  if (['0.0.0.0', '[::]'].includes(address.hostname))
    address.hostname = 'localhost'
  return address.origin
}

/** The part of Vite's server that answers requests. */
interface ViteServer {
  middlewares: { use: (path: string, handler: ClientProxy['handler']) => unknown }
}

/** The server of the app, to which Nuxt passes all sockets except those of Vite. */
interface AppServer {
  upgrade?: (...request: Parameters<ClientProxy['upgrade']>) => unknown
}

/** Nuxt's own server passes the requests of Convex's clients on, and their sockets. */
export function passClientsOn(
  proxy: ClientProxy,
  path: string,
  { vite, nuxt }: { vite: ViteServer, nuxt: Nuxt },
): void {
  vite.middlewares.use(path, proxy.handler)
  const server = nuxt.server as AppServer | undefined
  const upgrade = server?.upgrade
  if (!upgrade)
    return
  server.upgrade = (...request) => {
    if (!proxy.upgrade(...request))
      return upgrade.call(server, ...request)
  }
}
