/** `useFilePreview`: an object URL of a local file, which is revoked after its last use. */
import type { MaybeRefOrGetter, Ref } from 'vue'
import { useObjectUrl } from '@vueuse/core'
import { effectScope, shallowRef, toValue, watch } from 'vue'

/**
 * The URL of a local file, for an `<img>` or a `<video>`. The URL is valid until the file changes
 * or the component is unmounted. It is `undefined` if there is no file, and on a server.
 *
 * @param file A `File` or `Blob`, as a value, ref or getter.
 * @example
 * const chosen = shallowRef<File>()
 * const url = useFilePreview(chosen)
 * // <img v-if="url" :src="url">
 */
export function useFilePreview(file: MaybeRefOrGetter<Blob | null | undefined>): Readonly<Ref<string | undefined>> {
  const url = shallowRef<string>()
  // Node could create object URLs too, but nothing on a server would revoke them.
  if (typeof window !== 'undefined') {
    // Each file has its own `useObjectUrl`. If one call watched the file, its URL would change only
    // at the next flush, and would be `undefined` between two files.
    watch(() => toValue(file), (current, _previous, onCleanup) => {
      const scope = effectScope(true)
      url.value = scope.run(() => useObjectUrl(current ?? undefined).value)
      onCleanup(() => scope.stop())
    }, { immediate: true, flush: 'sync' })
  }
  return url
}
