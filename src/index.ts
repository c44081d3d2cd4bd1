/** The public exports of `convue`. */
export { Authenticated, AuthLoading, AuthRefreshing, Unauthenticated } from './components/auth-gates.ts'
export { useConvexAuth } from './composables/auth/use-convex-auth.ts'
export { useConvexClaims } from './composables/auth/use-convex-claims.ts'
export type { ClaimCondition, ConvexClaims, UseConvexClaimsReturn } from './composables/auth/use-convex-claims.ts'
export { useConvexSignIn } from './composables/auth/use-convex-sign-in.ts'
export type { UseConvexSignInOptions, UseConvexSignInReturn } from './composables/auth/use-convex-sign-in.ts'
export { useConvexAction } from './composables/call/use-convex-action.ts'
export type { UseConvexActionOptions, UseConvexActionReturn } from './composables/call/use-convex-action.ts'
export type { UseConvexCallOptions, UseConvexCallReturn } from './composables/call/use-convex-call.ts'
export { useConvexClient } from './composables/call/use-convex-client.ts'
export type { UseConvexClientReturn } from './composables/call/use-convex-client.ts'
export { useConvexConnectionState } from './composables/call/use-convex-connection-state.ts'
export { useConvexMutation } from './composables/call/use-convex-mutation.ts'
export type { UseConvexMutationOptions, UseConvexMutationReturn } from './composables/call/use-convex-mutation.ts'
export { useConvexOnline } from './composables/call/use-convex-online.ts'
export type { FieldErrors, FormFieldError } from './composables/form/form-errors.ts'
export type { StandardSchema } from './composables/form/standard-schema.ts'
export { useConvexForm } from './composables/form/use-convex-form.ts'
export type { UseConvexFormOptions, UseConvexFormReturn } from './composables/form/use-convex-form.ts'
export {
  insertAtBottomIfLoaded,
  insertAtPosition,
  insertAtTop,
  optimisticallyRemoveValueFromPaginatedQuery,
  optimisticallyUpdateValueInPaginatedQuery,
} from './composables/pagination/paginated-query-updates.ts'
export type { InsertAtPositionOptions, InsertOptions } from './composables/pagination/paginated-query-updates.ts'
export { useAuthedPaginatedQuery } from './composables/pagination/use-authed-paginated-query.ts'
export type { UseAuthedPaginatedQueryOptions } from './composables/pagination/use-authed-paginated-query.ts'
export { useConvexPaginatedQuery } from './composables/pagination/use-convex-paginated-query.ts'
export type {
  UseConvexPaginatedQueryOptions,
  UseConvexPaginatedQueryReturn,
} from './composables/pagination/use-convex-paginated-query.ts'
export type { PresenceTokens } from './composables/presence/presence-visit.ts'
export { usePresence } from './composables/presence/use-presence.ts'
export type {
  PresenceFunctions,
  PresenceUser,
  UsePresenceOptions,
  UsePresenceReturn,
} from './composables/presence/use-presence.ts'
export { defineConvexQuery } from './composables/query/define-convex-query.ts'
export type { PauseReason } from './composables/query/pause-reason.ts'
export { prefetchConvexQuery, usePrefetchConvexQuery } from './composables/query/prefetch-convex-query.ts'
export type { PrefetchConvexQuery, PrefetchConvexQueryOptions } from './composables/query/prefetch-convex-query.ts'
export type { ArgsFields, ArgsSource, QueryArgs } from './composables/query/query-args.ts'
export { useAuthedQuery } from './composables/query/use-authed-query.ts'
export type { UseAuthedQueryOptions } from './composables/query/use-authed-query.ts'
export { useConvexQueries } from './composables/query/use-convex-queries.ts'
export type {
  ConvexQueriesItem,
  ConvexQueriesResult,
  UseConvexQueriesOptions,
  UseConvexQueriesReturn,
} from './composables/query/use-convex-queries.ts'
export { useConvexQuery } from './composables/query/use-convex-query.ts'
export type { UseConvexQueryOptions, UseConvexQueryReturn } from './composables/query/use-convex-query.ts'
export { usePreloadedQuery } from './composables/query/use-preloaded-query.ts'
export type { UsePreloadedQueryOptions, UsePreloadedQueryReturn } from './composables/query/use-preloaded-query.ts'
export type { UploadFiles } from './composables/upload/read-files.ts'
export type { UploadCallOptions, UploadUrlMutation } from './composables/upload/upload-call.ts'
export type { ConvexUpload, UploadState } from './composables/upload/upload-state.ts'
export { useConvexStorageUrl } from './composables/upload/use-convex-storage-url.ts'
export type {
  StorageUrlQuery,
  UseConvexStorageUrlOptions,
  UseConvexStorageUrlReturn,
} from './composables/upload/use-convex-storage-url.ts'
export { useConvexUpload } from './composables/upload/use-convex-upload.ts'
export type { UseConvexUploadOptions, UseConvexUploadReturn } from './composables/upload/use-convex-upload.ts'
export { useFilePreview } from './composables/upload/use-file-preview.ts'
export { ConvueError } from './errors/convue-error.ts'
export type { ConvueErrorCode } from './errors/convue-error.ts'
export { errorMessage } from './errors/error-message.ts'
export type { ErrorData, ErrorMessage, ErrorMessages } from './errors/error-message.ts'
export { IdentityChangedError } from './errors/identity-changed-error.ts'
export { isUnauthenticatedError } from './errors/is-unauthenticated-error.ts'
export type { AuthStatus, ConvexSession, ConvexUser, UseConvexAuthReturn } from './plugin/auth.ts'
export type { ConvexClientSettings } from './plugin/client-settings.ts'
export { createConvexHooks } from './plugin/create-convex-hooks.ts'
export type { ConvexHooks, FailedCall, FailedQuery } from './plugin/create-convex-hooks.ts'
export { createConvex } from './plugin/create-convex.ts'
export type { ConvexOptions, ConvexPlugin } from './plugin/create-convex.ts'
export type {
  PaginatedQueryArgs,
  PaginatedQueryItem,
  PaginatedQueryReference,
  PausablePaginatedQueryArgs,
} from './shared/paginated-query.ts'
export type { QueryAuth } from './shared/query-descriptor.ts'
export { collectSsrData } from './ssr/collect-ssr-data.ts'
export type { Preloaded } from './ssr/preloaded.ts'
export { restoreSsrData } from './ssr/restore-ssr-data.ts'
export type { SsrData, SsrOutcome } from './ssr/ssr-data.ts'
export type { SsrResults } from './ssr/ssr-results.ts'
export type { InitialAuth } from './token/auth-engine.ts'
export type { BetterAuthClient } from './token/better-auth-source.ts'
export type { SessionSnapshot, TokenOutcome, TokenSource } from './token/token-source.ts'
