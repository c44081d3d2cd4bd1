/** Lets a server keep its port while it restarts, although its port is then still in use. */
import type { ViteDevServer } from 'vite'
import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * The origin of the server that restarts. Only the functions that its restart calls can read it.
 * Vite configures the new server before it closes the previous one, with another instance of the
 * plugin. Several servers of an app may restart at the same time, for example after a change of its
 * configuration.
 */
const restarting = new AsyncLocalStorage<string>()

/** The origin of the server whose restart calls this function; `null` outside of a restart. */
export function originOfRestart(): string | null {
  return restarting.getStore() ?? null
}

/** Passes the origin on to the server that replaces this one. */
export function keepOriginAtRestart(server: ViteDevServer, origin: string): void {
  const restart = server.restart.bind(server)
  server.restart = (...args) => restarting.run(origin, () => restart(...args))
}
