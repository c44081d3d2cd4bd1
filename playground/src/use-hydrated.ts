import type { Ref } from 'vue'
import { onMounted, readonly, ref } from 'vue'

/**
 * Whether the component reacts to events. It is `false` in the HTML of a server until the page is hydrated: a click before
 * that would be lost.
 */
export function useHydrated(): Readonly<Ref<boolean>> {
  const isHydrated = ref(false)
  onMounted(() => isHydrated.value = true)
  return readonly(isHydrated)
}
