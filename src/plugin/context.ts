/** The parts of a plugin that the composables of its app use, and a function that injects them. */
import type { App, InjectionKey, ShallowRef } from 'vue'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { DevelopmentRecord } from '../devtools/record.ts'
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { SsrData } from '../ssr/ssr-data.ts'
import type { QueryStore } from '../store/query-store.ts'
import type { AuthEngine } from '../token/auth-engine.ts'
import type { AuthState } from '../token/auth-state.ts'
import type { UseConvexAuthReturn } from './auth.ts'
import type { ConnectedOutbox } from './outbox.ts'
import { hasInjectionContext, inject } from 'vue'
import { diagnose } from '../errors/diagnose.ts'

/** The parts of a plugin that it shares with the composables of its app. */
export interface ConvexContext {
  /**
   * The app of the component. Code that runs later or for several components calls
   * `app.runWithContext`.
   */
  app: App
  engine: AuthEngine
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
  /** The defaults of options of queries: see `ConvexOptions`. */
  queryAuth: QueryAuth
  keepPreviousData: boolean | undefined
  lingerMs: number
  /** Stores mutations durably; `undefined` without the option, and on a server. */
  outbox: ConnectedOutbox | undefined
  /** The deployment's URL. */
  url: string
  isServer: boolean
  /** What DevTools show. `undefined` in production, on a server, and without DevTools. */
  record?: DevelopmentRecord | undefined
  /** See {@link SsrData}. */
  identityConfirmed: SsrData['identityConfirmed']
}

export const contextKey: InjectionKey<ConvexContext> = Symbol('convue')

/**
 * Returns the context of the plugin that is installed in the current app.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 */
export function useConvexContext(composable: string): ConvexContext {
  const context = hasInjectionContext() ? inject(contextKey, null) : null
  if (!context)
    throw diagnose('PLUGIN_MISSING', composable)
  return context
}
