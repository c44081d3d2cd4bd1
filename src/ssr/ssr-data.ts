import type { ShallowRef } from 'vue'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { QueryState } from '../store/query-entry.ts'

/**
 * Lets what a server has asked reach the page.
 *
 * Called for everybody who uses a query, in their setup.
 *
 * - On a server it asks, as the request's user (`'public'`: as nobody), and writes the answer into `state` when it has come.
 * - In a browser it writes what the server was answered into a `state` that is still pending; the live query takes over from there.
 *
 * @param identity Whose answer may be shown: a user's id, `null` for nobody, `undefined` while it is not known.
 * @returns Whether `state` is, or will be, written.
 */
export type QueryHandover = (query: QueryDescriptor, state: ShallowRef<QueryState>, identity: string | null | undefined) => boolean
