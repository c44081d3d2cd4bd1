/** The public exports of `convue/sources`. */
export { auth0Source } from './auth0-source.ts'
export type { Auth0Client, Auth0SourceOptions } from './auth0-source.ts'
export { clerkSource } from './clerk-source.ts'
export type { ClerkClient, ClerkSession, ClerkSourceOptions, ClerkUser } from './clerk-source.ts'
export { oidcSource } from './oidc-source.ts'
export type { OidcClient, OidcSourceOptions, OidcUser } from './oidc-source.ts'
export { workosSource } from './workos-source.ts'
export type { WorkosCallbacks, WorkosClient, WorkosUser } from './workos-source.ts'
