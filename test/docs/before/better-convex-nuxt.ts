/**
 * The types of `better-convex-nuxt` that the code before the migration uses, since npm may not have the version that the page names. They are
 * copied from its source.
 * @see https://github.com/lupinum-dev/better-convex-nuxt/tree/5d1d8d8ea26da5b5cf4c9ecb27bee75e1c49141e/src/runtime
 */
import type { FunctionArgs, FunctionReference, FunctionReturnType, OptionalRestArgs } from 'convex/server'
import type { ComputedRef, MaybeRefOrGetter, Ref } from 'vue'

type ConvexCallStatus = 'idle' | 'pending' | 'success' | 'error'

interface ConvexCallError extends Error {
  kind: string
  code?: string
}

interface UseConvexQueryOptions<RawT, DataT> {
  server?: boolean
  subscribe?: boolean
  initialData?: RawT | (() => RawT | undefined)
  transform?: (input: RawT) => DataT
  keepPreviousData?: boolean
  auth?: 'required' | 'optional' | 'none'
}

interface UseConvexQueryData<DataT> {
  data: ComputedRef<DataT | null>
  error: ComputedRef<ConvexCallError | null>
  refresh: () => Promise<void>
  clear: () => void
  pending: ComputedRef<boolean>
  status: ComputedRef<ConvexCallStatus>
  isStale: ComputedRef<boolean>
}

/** From `composables/useConvexQuery.ts`. The arguments are always required. */
export declare function useConvexQuery<
  Query extends FunctionReference<'query'>,
  Args extends FunctionArgs<Query> | 'skip' = FunctionArgs<Query>,
  DataT = FunctionReturnType<Query>,
>(
  query: Query,
  args: MaybeRefOrGetter<NoInfer<Args> | 'skip'>,
  options?: UseConvexQueryOptions<FunctionReturnType<Query>, DataT>,
): Promise<UseConvexQueryData<DataT>>

/** From `composables/useConvexMutation.ts`, without the options and without `safe`. */
export declare function useConvexMutation<Mutation extends FunctionReference<'mutation'>>(mutation: Mutation): ((
  ...args: OptionalRestArgs<Mutation>
) => Promise<FunctionReturnType<Mutation>>) & {
  data: Ref<FunctionReturnType<Mutation> | undefined>
  status: ComputedRef<ConvexCallStatus>
  pending: ComputedRef<boolean>
  error: Ref<ConvexCallError | null>
  reset: () => void
}

/** The function of Nuxt, with the part of its argument that `types.d.ts` adds. */
export declare function definePageMeta(meta: { convexAuth?: boolean | { redirectTo?: string } }): void
