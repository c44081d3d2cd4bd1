/** The public exports of `convue/convex/database`: code for the app's own server. */
export { ConvueError, type ConvueErrorCode } from '../../errors/convue-error.ts'
export type { AuthAdapter } from '../database/adapter.ts'
export { convexDatabase } from './convex-database.ts'
export type { ConvexDatabaseOptions } from './target.ts'
