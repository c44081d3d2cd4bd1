/** The interface of a store that keeps results of queries for the next visit. Only types. */
import type { Value } from 'convex/values'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { AuthState } from '../token/auth-state.ts'

/** Keeps results of queries for the next visit. `indexedDbStore` of `convue/persist` creates it. */
export interface ResultStore {
  /** Called once for each plugin, in a browser only. Must not throw. */
  open: (page: ResultStorePage) => StoredResults
}

/** The parts of a page that a {@link ResultStore} uses. */
export interface ResultStorePage {
  /** The deployment's URL. */
  url: string
  /**
   * The secret of the session of this user, from which the key of the user's results is derived;
   * `undefined` if it is not known.
   */
  sessionToken: (userId: string) => string | undefined
  /**
   * Called when results have become available. With `mustForget`, the shown results of the expected
   * user must be forgotten, since the user has signed out in another tab.
   */
  onChange: (mustForget: boolean) => void
}

/** The stored results, as one page uses them. */
export interface StoredResults {
  /**
   * Whether the page may show results of a user although the token of the user has not arrived yet.
   * If so, no query of the page may run anonymously.
   */
  readonly isUserExpected: boolean
  /** The last result of a query for the current or the expected identity. */
  take: (query: QueryDescriptor) => Value | undefined
  /** Stores a result of the current user or an anonymous result; `undefined` for a failed query. */
  put: (query: QueryDescriptor, value: Value | undefined, isAnonymous: boolean) => void
  /**
   * Applies a new auth state. Returns whether the expected user is not the current user. The shown
   * results of the expected user must then be forgotten.
   */
  setIdentity: (state: AuthState) => boolean
  close: () => void
}
