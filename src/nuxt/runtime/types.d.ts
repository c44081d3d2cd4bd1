/** Additions to Nuxt's own types: the runtime config, and the context of an event on the server. */
import type { ConvexServerOptions } from 'convue/server'
import type { ConvexEventContext } from './server/utils/request-convex.ts'

interface ConvexRuntimeConfig {
  /** Another module provides authentication. */
  isExternal: boolean
  /**
   * Options of `createConvexServer`. `url` is the deployment's address as the app's server reaches
   * it, or empty.
   */
  server: Partial<ConvexServerOptions> & { url: string }
}

interface ConvexPublicRuntimeConfig {
  /** The deployment's address. */
  url: string
  /** The address of its HTTP actions; empty if it follows from `url`. */
  siteUrl: string
}

declare module 'nuxt/schema' {
  interface RuntimeConfig {
    convex: ConvexRuntimeConfig
  }
  interface PublicRuntimeConfig {
    convex: ConvexPublicRuntimeConfig
  }
}

declare module 'nitropack/types' {
  interface NitroRuntimeConfig {
    convex: ConvexRuntimeConfig
    public: { convex: ConvexPublicRuntimeConfig }
  }
}

declare module 'h3' {
  interface H3EventContext {
    /** Convex of this app's server. The Nitro plugin of the module sets it for each request. */
    convue: ConvexEventContext
  }
}

export {}
