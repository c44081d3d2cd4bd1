/** The parts of an app that DevTools read, and the names under which they show its clients. */
import type { App } from 'vue'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { QueryStore } from '../store/query-store.ts'
import type { AuthEngine } from '../token/auth-engine.ts'
import type { DevelopmentRecord } from './record.ts'

/** An app with the plugin of `createConvex`. */
export interface InspectedApp {
  app: App
  /** The address of the deployment. */
  url: string
  engine: AuthEngine
  clients: IdentityClients
  store: QueryStore
  auth: { refresh: () => Promise<void>, signOut: () => Promise<void> }
  record: DevelopmentRecord
}
