/** The public exports of `convue/persist`: results of queries that are kept for the next visit. */
export type { ResultStore, ResultStorePage, StoredResults } from '../store/result-store.ts'
export { indexedDbStore } from './indexed-db-store.ts'
export type { IndexedDbStoreOptions } from './indexed-db-store.ts'
export type { StoredQuery } from './store-settings.ts'
