import type { FunctionArgs, FunctionReference, FunctionReturnType, PaginationOptions, PaginationResult } from 'convex/server'

/** A query that takes `paginationOpts` and returns one page: `ctx.db.query(…).paginate(args.paginationOpts)`. */
export type PaginatedQueryReference = FunctionReference<'query', 'public', { paginationOpts: PaginationOptions }, PaginationResult<any>>

/** The arguments of a paginated query that an app gives: all but `paginationOpts`. */
export type PaginatedQueryArgs<Q extends PaginatedQueryReference> = WithoutPaginationOpts<FunctionArgs<Q>>

/** One row of a paginated query. */
export type PaginatedQueryItem<Q extends PaginatedQueryReference> = FunctionReturnType<Q>['page'][number]

/** What may be passed as arguments: `undefined`, `null` and `'skip'` pause. */
export type PausablePaginatedQueryArgs<Q extends PaginatedQueryReference> = PaginatedQueryArgs<Q> | undefined | null | 'skip'

/** Distributes over a union of arguments. An empty object type would take any field. */
type WithoutPaginationOpts<Args> = Args extends unknown
  ? keyof Args extends 'paginationOpts' ? Record<string, never> : Omit<Args, 'paginationOpts'>
  : never
