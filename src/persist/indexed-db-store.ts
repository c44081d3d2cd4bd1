/** `indexedDbStore`: keeps results of queries in the IndexedDB of the browser. */
import type { ResultStore } from '../store/result-store.ts'
import type { StoredQuery, StoreSettings } from './store-settings.ts'
import { OpenResults } from './open-results.ts'

/** Options of {@link indexedDbStore}. */
export interface IndexedDbStoreOptions {
  /**
   * The version of the app's functions. Results that were stored with another version are deleted,
   * and never shown. Change it whenever the format of a query's data changes.
   *
   * @default ''
   */
  version?: string
  /** How long a result is kept, in milliseconds. Default: seven days. @default 604_800_000 */
  maxAgeMs?: number
  /** How many results are kept. The oldest ones are deleted first. @default 300 */
  maxEntries?: number
  /**
   * The largest total length of all results, in characters of JSON. A single result that is longer
   * is not stored. @default 4_000_000
   */
  maxCharacters?: number
  /** Returns whether the result of a query may be stored. @default () => true */
  filter?: (query: StoredQuery) => boolean
  /**
   * The beginning of the database's name. Two apps on one origin that use the same deployment and
   * have different users need different names.
   *
   * @default 'convue'
   */
  name?: string
  /**
   * The option `cookiePrefix` of Better Auth. Only needed if two apps on one host have different
   * prefixes.
   *
   * @default any prefix
   */
  cookiePrefix?: string
  /**
   * Stored results are shown only after this promise has resolved. For pages that a server has
   * rendered: the browser must first hydrate what the server has rendered. `convue/nuxt` sets this
   * option itself.
   *
   * @default none
   */
  readAfter?: Promise<unknown>
}

/**
 * A store for the option `persist` of `createConvex`. It keeps the last results of queries in the
 * IndexedDB of the browser, for each deployment and user. After a reload, queries show them at once
 * with `isStale`, until the live results arrive.
 *
 * The results of a user are deleted when the user signs out or another user signs in. If IndexedDB
 * is blocked, full or broken, the app works as it does without the store, and the console shows a
 * warning during development.
 *
 * @example
 * createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient, persist: indexedDbStore() })
 */
export function indexedDbStore(options: IndexedDbStoreOptions = {}): ResultStore {
  const settings: StoreSettings = {
    version: options.version ?? '',
    maxAgeMs: options.maxAgeMs ?? 7 * 24 * 3600_000,
    maxEntries: options.maxEntries ?? 300,
    maxCharacters: options.maxCharacters ?? 4_000_000,
    filter: options.filter ?? (() => true),
    name: options.name ?? 'convue',
    cookiePrefix: options.cookiePrefix,
    readAfter: options.readAfter,
  }
  return { open: page => new OpenResults(page, settings) }
}
