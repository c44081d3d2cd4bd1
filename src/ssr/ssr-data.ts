/** The seam between server rendering and the query store, as types. It depends on no framework. */
import type { Value } from 'convex/values'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'

/**
 * What a server has for a query. `pending`: the server has fetched the query, but for another
 * identity than the one for which the page requests it.
 */
export type SsrOutcome
  = | { status: 'pending' }
    | { status: 'success', value: Value }
    | { status: 'error', error: Error }

/**
 * Where the query store gets what a server fetches. A server passes {@link collectSsrData}, a
 * browser {@link restoreSsrData}.
 *
 * `identity` is the identity for which a result may be shown: a user's id, `null` for anonymous,
 * `undefined` while the identity is not known.
 */
export interface SsrData {
  /**
   * Fetches a query while a server renders. Called for each use of the query, so it must return the
   * same promise for the same query. The promise must not reject: an error is an outcome.
   *
   * @returns `undefined` if the query is left to the browser.
   */
  fetch?: (query: QueryDescriptor, identity: string | null | undefined) => Promise<SsrOutcome> | undefined
  /**
   * Takes what the server fetched, in a browser. Called for each use of the query.
   *
   * @returns `undefined` if the server has not fetched the query, so that no component waited for
   * it there.
   */
  take?: (query: QueryDescriptor, identity: string | null | undefined) => SsrOutcome | undefined
  /** Called on an identity change: the results of a user must not outlive it. */
  forgetUser?: () => void
}
