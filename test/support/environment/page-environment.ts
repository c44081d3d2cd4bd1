import type { Environment } from 'vitest/runtime'
import { builtinEnvironments } from 'vitest/runtime'

/**
 * The globals that exist both in a page and in Node, and of which the examples need Node's version,
 * since they send real requests and read real files.
 */
const NODES_OWN = ['fetch', 'Request', 'Response', 'Headers', 'FormData', 'Blob', 'File', 'URL', 'URLSearchParams', 'AbortController', 'AbortSignal', 'performance']

/** A happy-dom page on the app's own origin, with Node's `fetch`. */
export default {
  name: 'page',
  viteEnvironment: 'client',
  async setup(global, options) {
    const own = NODES_OWN.map(name => [name, Object.getOwnPropertyDescriptor(global, name)!] as const)
    const page = await builtinEnvironments['happy-dom'].setup(global, { ...options, happyDOM: { url: 'http://localhost:5173/' } })
    for (const [name, descriptor] of own)
      Object.defineProperty(global, name, { ...descriptor, configurable: true })
    return page
  },
} satisfies Environment
