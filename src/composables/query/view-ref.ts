/** Read-only refs of the fields of a `QueryView`. */

import type { ComputedRef } from 'vue'
import type { QueryView } from './query-view.ts'
import { computed } from 'vue'

/** Classes instead of Vue's functions: their closures would cost more than the query itself. */
export class ViewRef<Field extends keyof QueryView> {
  readonly #view: QueryView
  readonly #field: Field

  constructor(view: QueryView, field: Field) {
    this.#view = view
    this.#field = field
  }

  /** Vue recognizes a ref by this field. */
  get __v_isRef(): true {
    return true
  }

  get value(): QueryView[Field] {
    return this.#view[this.#field]
  }

  /**
   * Pinia recognizes a computed ref by this field, and neither serializes nor hydrates the computed
   * refs of a store.
   */
  get effect(): this {
    return this
  }
}

/**
 * A `ViewRef` that triggers its readers only when its value changes. Most of these refs are never
 * read, so the computed value behind one is created at the first read.
 */
export class CachedViewRef<Field extends keyof QueryView> extends ViewRef<Field> {
  #cache: ComputedRef<QueryView[Field]> | undefined

  override get value(): QueryView[Field] {
    this.#cache ??= computed(() => super.value)
    return this.#cache.value
  }
}
