/** The options of `indexedDbStore` with their defaults. Only types. */
import type { Value } from 'convex/values'

/** A query whose result may be stored. */
export interface StoredQuery {
  /** The query's name on the deployment, such as `tasks:list`. */
  name: string
  args: Record<string, Value>
}

/** The options with their defaults. */
export interface StoreSettings {
  version: string
  maxAgeMs: number
  maxEntries: number
  maxCharacters: number
  filter: (query: StoredQuery) => boolean
  name: string
  cookiePrefix: string | undefined
  readAfter: Promise<unknown> | undefined
}
