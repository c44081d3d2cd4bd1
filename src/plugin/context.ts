/** The parts of a plugin that the composables of its app use, and how they find them. */
import type { App, InjectionKey, ShallowRef } from 'vue'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { QueryStore } from '../store/query-store.ts'
import type { AuthState } from '../token/auth-state.ts'
import type { UseConvexAuthReturn } from './auth.ts'
import { hasInjectionContext, inject } from 'vue'
import { diagnose } from '../errors/catalogue.ts'

/** What a plugin shares with the composables of its app. */
export interface ConvexContext {
  /**
   * `app.runWithContext` is needed by code that is set up later or shared by several components.
   */
  app: App
  clients: IdentityClients
  store: QueryStore
  auth: UseConvexAuthReturn
  /**
   * The auth state of the identity that queries and calls run as. This identity is always anonymous
   * with `tokens: false`.
   */
  callerAuth: UseConvexAuthReturn
  authState: ShallowRef<AuthState>
  /** Counts identity changes. */
  identityVersion: ShallowRef<number>
  lingerMs: number
  isServer: boolean
}

export const contextKey: InjectionKey<ConvexContext> = Symbol('convue')

/**
 * Returns the plugin of the app that is being set up.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 */
export function useConvexContext(composable: string): ConvexContext {
  const context = hasInjectionContext() ? inject(contextKey, null) : null
  if (!context)
    throw diagnose('PLUGIN_MISSING', composable)
  return context
}
