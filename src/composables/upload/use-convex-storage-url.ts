import type { FunctionArgs, FunctionReference } from 'convex/server'
import type { GenericId } from 'convex/values'
import type { MaybeRefOrGetter, Ref } from 'vue'
import type { UseConvexQueryOptions, UseConvexQueryReturn } from '../query/use-convex-query.ts'
import { computed, toValue, watch } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'
import { identityScoped } from '../../plugin/identity-scoped.ts'
import { useConvexQuery } from '../query/use-convex-query.ts'
import { useFilePreview } from './use-file-preview.ts'

type StorageId = GenericId<'_storage'>

/** A query that answers with the URL of a stored file, as `ctx.storage.getUrl(storageId)` gives it. */
export type StorageUrlQuery = FunctionReference<'query', 'public', any, string | null>

/** Options of {@link useConvexStorageUrl}. */
export interface UseConvexStorageUrlOptions<Q extends StorageUrlQuery> extends Pick<UseConvexQueryOptions, 'auth' | 'lingerMs'> {
  /** The query's arguments for a file. @default storageId => ({ storageId }) */
  args?: (storageId: StorageId) => FunctionArgs<Q>
  /**
   * A local file, such as one that was just chosen, which is shown until the file that is stored instead of it has its URL. It goes with the person
   * who chose it.
   *
   * @default undefined
   */
  preview?: MaybeRefOrGetter<Blob | null | undefined>
}

/** What follows the query: `args` may be left out where the query takes `{ storageId }`. */
export type StorageUrlRest<Q extends StorageUrlQuery>
  = { storageId: StorageId } extends FunctionArgs<Q>
    ? [options?: UseConvexStorageUrlOptions<Q>]
    : [options: UseConvexStorageUrlOptions<Q> & Required<Pick<UseConvexStorageUrlOptions<Q>, 'args'>>]

/** What {@link useConvexStorageUrl} returns. */
export interface UseConvexStorageUrlReturn extends Pick<UseConvexQueryReturn<any>, 'error' | 'status' | 'isPending'> {
  /** `undefined` while there is none, `null` if the query says that there is no such file. */
  url: Readonly<Ref<string | null | undefined>>
}

/**
 * The URL of a stored file, by the app's own query: Convex gives URLs through functions only, which decide who may see what.
 *
 * @param query The query that returns `ctx.storage.getUrl(storageId)`.
 * @param storageId A storage id, as a value, ref or getter; `undefined` and `null` pause.
 * @param rest Options.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const { url } = useConvexStorageUrl(api.files.getUrl, () => profile.value?.avatar, { preview: chosenFile })
 * // <img v-if="url" :src="url" alt="">
 */
export function useConvexStorageUrl<Q extends StorageUrlQuery>(
  query: Q,
  storageId: MaybeRefOrGetter<StorageId | null | undefined>,
  ...rest: StorageUrlRest<Q>
): UseConvexStorageUrlReturn {
  const { args = (storageId: StorageId) => ({ storageId }), preview, ...options }: UseConvexStorageUrlOptions<Q> = rest[0] ?? {}
  const context = useConvexContext('useConvexStorageUrl')
  const { data, error, status, isPending } = useConvexQuery<StorageUrlQuery>(query, () => {
    const id = toValue(storageId)
    return id && args(id)
  }, options)

  /** The preview of the current identity, with the stored file that was shown when it was chosen. */
  const choice = identityScoped<{ replaced?: StorageId | null } | null>(context, null)
  choice.set({})
  watch(() => toValue(preview), () => choice.set({ replaced: toValue(storageId) }), { flush: 'sync' })
  const previewUrl = useFilePreview(() => choice.value && toValue(preview))

  return {
    url: computed(() => {
      const isStored = data.value !== undefined && toValue(storageId) !== choice.value?.replaced
      return isStored ? data.value : previewUrl.value ?? data.value
    }),
    error,
    status,
    isPending,
  }
}
