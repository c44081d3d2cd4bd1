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
  /** Runs code that is set up later, or that several components share. */
  app: App
  clients: IdentityClients
  store: QueryStore
  auth: UseConvexAuthReturn
  /** The identity as which queries and calls run. With `tokens: false` it is always anonymous. */
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
