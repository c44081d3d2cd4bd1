/** The ids of the items that components show. */
import type { ShownItem } from './record.ts'

const ids = new WeakMap<ShownItem, string>()
let last = 0

/** An id that remains the same for as long as the item exists. */
export function shownId(item: ShownItem): string {
  const id = ids.get(item) ?? `${item.kind}-of-component:${++last}`
  ids.set(item, id)
  return id
}
