/** The public exports of `convue/convex`: what runs inside of Convex functions. */
export { ConvueError, type ConvueErrorCode } from '../errors/convue-error.ts'
export { crossDomain, type CrossDomainOptions, type CrossDomainPlugin } from './cross-domain/cross-domain.ts'
export type { AuthConfigProvider, AuthConfigProviderOptions } from './tokens/auth-config-provider.ts'
export { getAuthConfigProvider } from './tokens/auth-config-provider.ts'
export { convex, type ConvexTokenPlugin } from './tokens/convex.ts'
export { defineKeyActions, type KeyActions } from './tokens/key-actions.ts'
export type { PublicJwk, SigningAlgorithm, SigningKey } from './tokens/signing-keys.ts'
export type { ConvexTokenOptions, TokenSession } from './tokens/token-options.ts'
