import type { MaybeRefOrGetter, Ref } from 'vue'
import { shallowRef, toValue, watch } from 'vue'

/**
 * The URL of a local file, for an `<img>` or a `<video>`. It is good until another file comes or the component goes. `undefined` without a file,
 * and on a server.
 *
 * @param file A `File` or `Blob`, as a value, ref or getter.
 * @example
 * const chosen = shallowRef<File>()
 * const url = useFilePreview(chosen)
 * // <img v-if="url" :src="url">
 */
export function useFilePreview(file: MaybeRefOrGetter<Blob | null | undefined>): Readonly<Ref<string | undefined>> {
  const url = shallowRef<string>()
  // Node makes such URLs too, and nobody there would ever give them back.
  if (typeof window !== 'undefined') {
    watch(() => toValue(file), (next, _former, onCleanup) => {
      const made = next ? URL.createObjectURL(next) : undefined
      url.value = made
      onCleanup(() => made && URL.revokeObjectURL(made))
    }, { immediate: true, flush: 'sync' })
  }
  return url
}
