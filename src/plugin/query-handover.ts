import type { ShallowRef } from 'vue'
import type { QueryState } from './query-entry.ts'
import type { QueryKey } from './query-key.ts'

/**
 * Lets what a server has asked reach the page. Called once for each query, in the setup of whoever is the first to use it.
 *
 * - On a server it asks, as the request's user (`'public'`: as nobody), and writes the answer into `state` when it has come.
 * - In a browser it writes what the server answered into `state`; the live query takes over from there.
 *
 * @returns Whether `state` is, or will be, written.
 */
export type QueryHandover = (query: QueryKey, state: ShallowRef<QueryState>) => boolean
