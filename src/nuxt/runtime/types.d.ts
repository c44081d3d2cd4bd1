/** Additions to the types of Nuxt, Nitro and h3: runtime config, and the context of an event. */
import type { ConvexServerOptions } from 'convue/server'
import type { IdentitySource } from '../module/auth-provider.ts'
import type { ConvexEventContext } from './server/utils/request-convex.ts'

interface ConvexRuntimeConfig {
  /** The source from which the app's server requests sessions and tokens. */
  identitySource: IdentitySource
  /**
   * Options of `createConvexServer`. `url` is the address at which the app's server reaches the
   * deployment, or empty if it is the public address.
   */
  server: Partial<ConvexServerOptions> & { url: string }
  /** The key with which the data viewer reads the latest requests. Only in `nuxt dev`. */
  recordKey?: string
}

interface ConvexPublicRuntimeConfig {
  /** The deployment's address. */
  url: string
  /** The address of the deployment's HTTP actions; empty if it is derived from `url`. */
  siteUrl: string
}

/** The route rule `convue`. */
interface ConvueRouteRule {
  /**
   * `false`: the app's server renders the route for all users in the same way. Its queries run
   * anonymously, and a cache may keep the response.
   *
   * @default true
   */
  auth?: boolean
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
  interface NitroRouteConfig {
    convue?: ConvueRouteRule
  }
  interface NitroRouteRules {
    convue?: ConvueRouteRule
  }
}

declare module 'h3' {
  interface H3EventContext {
    /**
     * Calls Convex from this app's server. The Nitro plugin of the module sets this property for
     * each request.
     */
    convue: ConvexEventContext
  }
}

export {}
