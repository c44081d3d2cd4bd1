/** `useConvexStorageUrl`: the URL of a stored file, with a local preview until the URL is known. */

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

/** A query that returns the URL of a stored file: `ctx.storage.getUrl(storageId)`. */
export type StorageUrlQuery = FunctionReference<'query', 'public', any, string | null>

/** Options of {@link useConvexStorageUrl}. */
export interface UseConvexStorageUrlOptions<Q extends StorageUrlQuery>
  extends Pick<UseConvexQueryOptions, 'auth' | 'lingerMs'> {
  /** Returns the query's arguments for a storage id. @default storageId => ({ storageId }) */
  args?: (storageId: StorageId) => FunctionArgs<Q>
  /**
   * A local file, such as one that the user has just chosen to replace the stored file. `url` is a
   * URL of the local file until the storage id has changed and the URL of the new stored file is
   * known. An identity change also ends the preview.
   *
   * @default undefined
   */
  preview?: MaybeRefOrGetter<Blob | null | undefined>
}

/** The options. `args` is required unless the arguments of the query are `{ storageId }`. */
export type StorageUrlRest<Q extends StorageUrlQuery>
  = { storageId: StorageId } extends FunctionArgs<Q>
    ? [options?: UseConvexStorageUrlOptions<Q>]
    : [options: UseConvexStorageUrlOptions<Q> & Required<Pick<UseConvexStorageUrlOptions<Q>, 'args'>>]

/** The return value of {@link useConvexStorageUrl}. */
export interface UseConvexStorageUrlReturn extends Pick<UseConvexQueryReturn<any>, 'error' | 'status' | 'isPending'> {
  /** `undefined` until the URL is known; `null` if the query finds no file. */
  url: Readonly<Ref<string | null | undefined>>
}

/**
 * The URL of a stored file, from a query of the app. In Convex, only functions can return URLs of
 * files, so that the app decides which user may see which file.
 *
 * @param query The query that returns `ctx.storage.getUrl(storageId)`.
 * @param storageId A storage id, as a value, ref or getter; `undefined` and `null` pause the query.
 * @param rest Options.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const avatar = () => profile.value?.avatar
 * const { url } = useConvexStorageUrl(api.files.getUrl, avatar, { preview: chosenFile })
 * // <img v-if="url" :src="url" alt="">
 */
export function useConvexStorageUrl<Q extends StorageUrlQuery>(
  query: Q,
  storageId: MaybeRefOrGetter<StorageId | null | undefined>,
  ...rest: StorageUrlRest<Q>
): UseConvexStorageUrlReturn {
  const [allOptions = {}] = rest as [UseConvexStorageUrlOptions<Q>?]
  const { args = (storageId: StorageId) => ({ storageId }), preview, ...options } = allOptions
  const context = useConvexContext('useConvexStorageUrl')
  const { data, error, status, isPending } = useConvexQuery<StorageUrlQuery>(query, () => {
    const id = toValue(storageId)
    return id && args(id)
  }, options)

  /**
   * The storage id at the time when the preview was chosen. The local file is to replace the stored
   * file with this id.
   */
  const choice = identityScoped<{ replaced?: StorageId | null } | null>(context, null)
  choice.set({})
  watch(() => toValue(preview), () => choice.set({ replaced: toValue(storageId) }), { flush: 'sync' })
  const previewUrl = useFilePreview(() => choice.value && toValue(preview))

  return {
    url: computed(() => {
      const isStored = data.value !== undefined && toValue(storageId) !== choice.value?.replaced
      if (isStored)
        return data.value
      return previewUrl.value ?? data.value
    }),
    error,
    status,
    isPending,
  }
}
