/** The interface between server rendering and the query store. It depends on no framework. */
import type { Value } from 'convex/values'
import type { IdentityId } from '../shared/identity-id.ts'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'

/**
 * The outcome of a query that a server has fetched. `pending`: the server has fetched the query for
 * a different identity than the page requests.
 */
export type SsrOutcome
  = | { status: 'pending' }
    | { status: 'success', value: Value }
    | { status: 'error', error: Error }

/**
 * Gives the query store the results that a server fetches. On a server, {@link collectSsrData}
 * creates this object; in a browser, {@link restoreSsrData} does.
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
  fetch?: (query: QueryDescriptor, identity: IdentityId) => Promise<SsrOutcome> | undefined
  /**
   * On a server that renders a page before it knows the whole user: resolves once `user` and
   * `session` are complete. Components with `useConvexAuth` are rendered after that, but other
   * components already start their queries.
   *
   * @default undefined: they are complete from the start
   */
  identityConfirmed?: Promise<unknown> | undefined
  /**
   * In a browser: returns the outcome that the server fetched. Called for each use of the query.
   *
   * @returns `undefined` if the server has not fetched the query. In this case, no component waited
   * for the query on the server.
   */
  take?: (query: QueryDescriptor, identity: IdentityId) => SsrOutcome | undefined
  /** Called on an identity change: removes the results of the previous user. */
  forgetUser?: () => void
}
