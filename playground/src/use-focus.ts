import type { ShallowRef } from 'vue'
import { nextTick, onBeforeUnmount } from 'vue'

const FOCUSABLE = 'a[href], button, input, select, textarea'

/**
 * If a focused row is removed, moves the focus to the same control of the next row, otherwise of the previous row,
 * otherwise to the heading of the page.
 */
export function useFocusOfNextRow(row: Readonly<ShallowRef<HTMLElement | null>>): void {
  onBeforeUnmount(() => {
    const controls = controlsOf(row.value)
    const index = controls.indexOf(document.activeElement as HTMLElement)
    if (index === -1)
      return
    const neighbour = row.value!.nextElementSibling ?? row.value!.previousElementSibling
    focus(controlsOf(neighbour)[index] ?? document.querySelector<HTMLElement>('main h1'))
  })
}

/** If a focused element is replaced, moves the focus to its replacement. */
export function useFocusOfReplacement(element: Readonly<ShallowRef<HTMLElement | null>>): void {
  onBeforeUnmount(async () => {
    const replaced = element.value
    if (!replaced?.contains(document.activeElement))
      return
    const { parentElement, previousElementSibling } = replaced
    await nextTick()
    const replacement = previousElementSibling ? previousElementSibling.nextElementSibling : parentElement?.firstElementChild
    focus(replacement instanceof HTMLElement ? replacement : document.querySelector<HTMLElement>('main h1'))
  })
}

function controlsOf(element: Element | null): HTMLElement[] {
  return [...element?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? []]
}

function focus(element: HTMLElement | null): void {
  // An element that Tab reaches, such as a list that scrolls, must remain so.
  if (element && element.tabIndex < 0)
    element.tabIndex = -1
  element?.focus({ preventScroll: true })
}
