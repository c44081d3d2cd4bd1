/** The public exports of `convue/convex`: code that runs inside of Convex functions. */
import './runtime/complete-globals.ts'

export { ConvueError, type ConvueErrorCode } from '../errors/convue-error.ts'
export { crossDomain, type CrossDomainOptions, type CrossDomainPlugin } from './cross-domain/cross-domain.ts'
export {
  type AuthAdapter,
  type AuthDatabase,
  type AuthDatabaseFunctions,
  type AuthDatabaseOptions,
  type AuthTriggers,
  defineAuthDatabase,
  type RegisteredAuthFunctions,
  type TableTriggers,
} from './database/index.ts'
export { wrapAuthApi } from './functions/auth-api.ts'
export { authError } from './functions/auth-error.ts'
export type { AuthError, AuthErrorCode, AuthErrorData } from './functions/auth-error.ts'
export type {
  AuthFunctions,
  AuthFunctionsOptions,
  AuthTableFunctions,
  CallerFunctions,
  ComponentAuthFunctionsOptions,
  LocalAuthFunctionsOptions,
} from './functions/auth-functions.ts'
export type { AuthUserIdentity } from './functions/auth-reader.ts'
export type { AuthPredicate } from './functions/builder-types.ts'
export { defineAuthFunctions } from './functions/define-auth-functions.ts'
export { hasRole, type MemberOptions } from './functions/predicates.ts'
export {
  type AuthDatabaseRouteOptions,
  registerAuthDatabaseRoute,
} from './http-database/register-auth-database-route.ts'
export type { AuthDatabaseSecrets } from './http-database/secrets.ts'
export type { AuthCorsOptions } from './http/cors.ts'
export { type AuthRoutesOptions, registerAuthRoutes } from './http/register-auth-routes.ts'
export { createMailer, type MailerOptions } from './mail/create-mailer.ts'
export type { Mail } from './mail/mail.ts'
export { defineOfflineMutation, type OfflineMutationOptions } from './offline/define-offline-mutation.ts'
export { offlineKeysTable } from './offline/offline-keys-table.ts'
export type { AuthConfigProvider, AuthConfigProviderOptions } from './tokens/auth-config-provider.ts'
export { getAuthConfigProvider } from './tokens/auth-config-provider.ts'
export { convex, type ConvexTokenPlugin } from './tokens/convex.ts'
export { defineKeyActions, type KeyActions } from './tokens/key-actions.ts'
export type { PublicJwk, SigningAlgorithm, SigningKey } from './tokens/signing-keys.ts'
export type { ConvexTokenOptions, TokenSession } from './tokens/token-options.ts'
