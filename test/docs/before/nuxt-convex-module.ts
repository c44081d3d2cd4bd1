/**
 * The types of `nuxt-convex-module` that the code before the migration uses, since npm may not have the version that the page names. They are
 * copied from its source.
 * @see https://github.com/qruto/nuxt-convex-module/tree/55cec945950732dc07af510ba56b3da8f7f7ca3d/src/runtime
 */
import type { OptimisticUpdate } from 'convex/browser'
import type { FunctionArgs, FunctionReference, FunctionReturnType, OptionalRestArgs } from 'convex/server'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'

interface AsyncQueryOptions {
  key?: string
  server?: boolean
  lazy?: boolean
  live?: boolean
  token?: string | (() => string | null | Promise<string | null>)
}

interface AsyncQueryData<T> {
  data: ComputedRef<T | undefined>
  error: ComputedRef<Error | null>
  status: ComputedRef<'idle' | 'pending' | 'success' | 'error'>
  refresh: (opts?: { dedupe?: 'cancel' | 'defer' }) => Promise<void>
}

interface VueMutation<Mutation extends FunctionReference<'mutation'>> {
  (...args: OptionalRestArgs<Mutation>): Promise<FunctionReturnType<Mutation>>
  withOptimisticUpdate: (update: OptimisticUpdate<FunctionArgs<Mutation>>) => VueMutation<Mutation>
}

/** From `nuxt/composables/use-async-query.ts`. */
export declare function useAsyncQuery<Query extends FunctionReference<'query'>>(
  query: Query,
  args?: MaybeRefOrGetter<FunctionArgs<Query> | 'skip'>,
  options?: AsyncQueryOptions,
): AsyncQueryData<FunctionReturnType<Query>> & PromiseLike<AsyncQueryData<FunctionReturnType<Query>>>

/** From `vue/composables/use-mutation.ts`. */
export declare function useMutation<Mutation extends FunctionReference<'mutation'>>(mutation: Mutation): VueMutation<Mutation>
