import type { App, InjectionKey, ShallowRef } from 'vue'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { QueryStore } from '../store/query-store.ts'
import type { AuthState } from '../token/auth-state.ts'
import type { UseConvexAuthReturn } from './auth.ts'
import { hasInjectionContext, inject } from 'vue'
import { diagnose } from '../errors/catalogue.ts'

/** What a plugin shares with the composables of its app. */
export interface ConvexContext {
  /** For what is set up later, or for more than one component. */
  app: App
  clients: IdentityClients
  store: QueryStore
  auth: UseConvexAuthReturn
  /** As whom queries and calls run: anonymous without tokens, whoever has signed in. */
  callerAuth: UseConvexAuthReturn
  authState: ShallowRef<AuthState>
  /** Counts changes of person. */
  identityVersion: ShallowRef<number>
  lingerMs: number
  isServer: boolean
}

export const contextKey: InjectionKey<ConvexContext> = Symbol('convue')

/**
 * The plugin of the app that is being set up.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 */
export function useConvexContext(composable: string): ConvexContext {
  const context = hasInjectionContext() ? inject(contextKey, null) : null
  if (!context)
    throw diagnose('PLUGIN_MISSING', composable)
  return context
}
