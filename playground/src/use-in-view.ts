import type { Ref, ShallowRef } from 'vue'
import { shallowRef, watchEffect } from 'vue'

/** Whether an element is on the screen, or will be after a little more scrolling. */
export function useInView(element: Readonly<ShallowRef<Element | null>>): Readonly<Ref<boolean>> {
  const isInView = shallowRef(false)
  watchEffect((onCleanup) => {
    isInView.value = false
    if (!element.value)
      return
    const observer = new IntersectionObserver((entries) => {
      isInView.value = entries.at(-1)!.isIntersecting
    }, { rootMargin: '0px 0px 200px' })
    observer.observe(element.value)
    onCleanup(() => observer.disconnect())
  })
  return isInView
}
