/** Makes a reactive record look like a computed ref of itself. */

import type { ShallowRef } from 'vue'

/**
 * A record that is also a computed ref whose value is the record. Vue unwraps it to the record
 * wherever Vue unwraps refs, and tracks it wherever Vue accepts a ref, such as in `watch`. A Pinia
 * store treats it as a getter, as it treats the refs of a single query. A plain reactive record
 * would become part of the store's state, where Pinia would serialize and overwrite it.
 *
 * @param record The record, in a ref that is triggered when a key changes.
 * @param then Makes the record awaitable.
 */
export function asComputedRef<T extends object>(record: ShallowRef<T>, then?: unknown): T {
  return new Proxy(record.value, {
    get(target, key) {
      switch (key) {
        case 'then': return then
        case 'value': return record.value
        // A query may have the key `effect`: its result is as truthy as a computed ref's effect.
        case 'effect': return Reflect.get(target, key) ?? true
        case '__v_isRef': return true
        case '__v_isReactive': case '__v_isReadonly': return false
        default: return Reflect.get(target, key)
      }
    },
  })
}
