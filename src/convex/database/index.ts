/** The public exports of the database adapter. */
export type { AuthAdapter } from './adapter.ts'
export { type AuthDatabase, type AuthDatabaseOptions, defineAuthDatabase } from './define-auth-database.ts'
export type { AuthDatabaseFunctions, RegisteredAuthFunctions } from './internal-functions.ts'
export type { AuthTriggers, TableTriggers } from './triggers.ts'
