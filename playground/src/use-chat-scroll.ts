import type { Ref } from 'vue'
import { useEventListener } from '@vueuse/core'
import { nextTick, shallowRef, watch } from 'vue'

/** How far from an end of the box the end counts as reached, in pixels. */
const NEAR_END = 50
const NEAR_START = 200

// #region snippet
/**
 * The scroll position of a chat: the box stays at its end while
 * the user is there, and otherwise the visible rows stay where
 * they are. `rows` are in the order of the page, and
 * `loadOlder` has no effect while a page is being loaded.
 */
export function useChatScroll(
  box: Readonly<Ref<HTMLElement | null>>,
  rows: Readonly<Ref<unknown>>,
  loadOlder: () => void,
) {
  const isAtEnd = shallowRef(true)

  function scrollToEnd(): void {
    box.value?.scrollTo({ top: box.value.scrollHeight })
  }

  function onScroll(): void {
    isAtEnd.value = isNearEnd(box.value!)
    if (box.value!.scrollTop < NEAR_START)
      loadOlder()
  }

  useEventListener(box, 'scroll', onScroll, { passive: true })

  // The box appears together with the first rows.
  watch(box, (element) => {
    if (!element)
      return
    scrollToEnd()
    onScroll()
  }, { flush: 'post' })

  // Called when the rows have changed, before the page changes.
  watch(rows, async () => {
    if (!box.value)
      return
    const follows = isNearEnd(box.value)
    const row = firstVisibleRow(box.value)
    const top = row?.getBoundingClientRect().top
    await nextTick()
    if (!box.value)
      return
    if (follows)
      scrollToEnd()
    else if (row?.isConnected)
      box.value.scrollTop += row.getBoundingClientRect().top - top!
    onScroll()
  })

  return { isAtEnd, scrollToEnd }
}

function isNearEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END
}

function firstVisibleRow(box: HTMLElement): Element | undefined {
  const { top } = box.getBoundingClientRect()
  const rows = [...box.querySelectorAll('li')]
  return rows.find(row => row.getBoundingClientRect().bottom > top)
}
// #endregion
