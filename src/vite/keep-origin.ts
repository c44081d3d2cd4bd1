/** Lets a server keep its port while it restarts, although its port is then still in use. */
import type { ViteDevServer } from 'vite'

/**
 * The origins of servers that restart now, by the folder of their app. Vite configures the new
 * server before it closes the previous one, with another instance of the plugin.
 */
const restarting = new Map<string, string>()

/** The origin of this app's server while it restarts; `null` if it does not restart now. */
export function originOfRestart(root: string): string | null {
  return restarting.get(root) ?? null
}

/** Passes the origin on to the server that replaces this one. */
export function keepOriginAtRestart(server: ViteDevServer, root: string, origin: string): void {
  const restart = server.restart.bind(server)
  server.restart = async (...args) => {
    restarting.set(root, origin)
    try {
      await restart(...args)
    }
    finally {
      restarting.delete(root)
    }
  }
}
