/** The public exports of `convue/convex/client`: plugins of Better Auth's client in the browser. */
export { convexClient } from './convex-client.ts'
export type { CookieStorage } from './cookie-jar.ts'
export { crossDomainClient } from './cross-domain-client.ts'
export type { CrossDomainClientOptions, CrossDomainClientPlugin, OneTimeTokenError } from './cross-domain-client.ts'
