/** `useFilePreview`: an object URL of a local file, revoked when the URL is no longer needed. */
import type { MaybeRefOrGetter, Ref } from 'vue'
import { useObjectUrl } from '@vueuse/core'
import { effectScope, shallowRef, toValue, watch } from 'vue'

/**
 * The URL of a local file, for an `<img>` or a `<video>`. The URL is valid until the file changes
 * or the component is unmounted. `undefined` without a file, and on a server.
 *
 * @param file A `File` or `Blob`, as a value, ref or getter.
 * @example
 * const chosen = shallowRef<File>()
 * const url = useFilePreview(chosen)
 * // <img v-if="url" :src="url">
 */
export function useFilePreview(file: MaybeRefOrGetter<Blob | null | undefined>): Readonly<Ref<string | undefined>> {
  const url = shallowRef<string>()
  // Node creates object URLs too, and nothing on a server would ever revoke them.
  if (typeof window !== 'undefined') {
    // One `useObjectUrl` for each file: its own watcher would be a flush late, and show `undefined`
    // between two files.
    watch(() => toValue(file), (current, _previous, onCleanup) => {
      const scope = effectScope(true)
      url.value = scope.run(() => useObjectUrl(current ?? undefined).value)
      onCleanup(() => scope.stop())
    }, { immediate: true, flush: 'sync' })
  }
  return url
}
