/** Decides whether an app chooses the ids of its rows itself. */
import type { BetterAuthOptions } from 'better-auth'

/** By default, Convex chooses the ids. If `generateId` is a function or `'uuid'`, the app does. */
export function ownsIds(options: BetterAuthOptions): boolean {
  const generateId = options.advanced?.database?.generateId
  return generateId === 'uuid' || typeof generateId === 'function'
}
