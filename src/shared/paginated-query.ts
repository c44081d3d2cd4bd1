/** Types of paginated queries and of their arguments. */
import type {
  FunctionArgs,
  FunctionReference,
  FunctionReturnType,
  PaginationOptions,
  PaginationResult,
} from 'convex/server'

/**
 * A query that takes `paginationOpts` and returns one page:
 * `ctx.db.query(…).paginate(args.paginationOpts)`.
 */
export type PaginatedQueryReference = FunctionReference<
  'query',
  'public',
  { paginationOpts: PaginationOptions },
  PaginationResult<any>
>

/** The arguments of a paginated query without `paginationOpts`, which Convue adds. */
export type PaginatedQueryArgs<Q extends PaginatedQueryReference> = WithoutPaginationOpts<FunctionArgs<Q>>

/** One row of a paginated query. */
export type PaginatedQueryItem<Q extends PaginatedQueryReference> = FunctionReturnType<Q>['page'][number]

/** The arguments that a composable accepts: `undefined`, `null` and `'skip'` pause the query. */
export type PausablePaginatedQueryArgs<Q extends PaginatedQueryReference>
  = PaginatedQueryArgs<Q> | undefined | null | 'skip'

/**
 * Distributes over a union of arguments. Without any other field, the result is `Record<string,
 * never>`: an empty object type would accept every field.
 */
type WithoutPaginationOpts<Args> = Args extends unknown
  ? keyof Args extends 'paginationOpts' ? Record<string, never> : Omit<Args, 'paginationOpts'>
  : never
