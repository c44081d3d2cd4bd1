/** A field of a query as a read-only ref that caches its value. */
import type { ComputedRef } from 'vue'
import type { QueryView } from './query-view.ts'
import { computed } from 'vue'
import { PropertyRef } from '../../reactivity/vue-internals.ts'

/**
 * Triggers its readers only when the value of the field changes. The computed ref that caches the
 * value is created at the first read, since most fields are never read.
 */
export class CachedViewRef<Field extends keyof QueryView> extends PropertyRef<QueryView, Field> {
  #cache: ComputedRef<QueryView[Field]> | undefined

  override get value(): QueryView[Field] {
    this.#cache ??= computed(() => super.value)
    return this.#cache.value
  }
}
