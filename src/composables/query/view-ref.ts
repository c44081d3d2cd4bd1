import type { ComputedRef } from 'vue'
import type { QueryView } from './query-view.ts'
import { computed } from 'vue'

/** A read-only ref of one field of a view. Classes instead of Vue's functions, whose closures would cost more than the query itself. */
export class ViewRef<Field extends keyof QueryView> {
  readonly #view: QueryView
  readonly #field: Field

  constructor(view: QueryView, field: Field) {
    this.#view = view
    this.#field = field
  }

  /** By this Vue knows a ref. */
  get __v_isRef(): true {
    return true
  }

  get value(): QueryView[Field] {
    return this.#view[this.#field]
  }

  /** By this Pinia knows a computed ref: what a store computes is neither serialized nor hydrated. */
  get effect(): this {
    return this
  }
}

/** One that tells its readers nothing while it stays the same. What it takes is made when it is first read: most of them never are. */
export class CachedViewRef<Field extends keyof QueryView> extends ViewRef<Field> {
  #cache: ComputedRef<QueryView[Field]> | undefined

  override get value(): QueryView[Field] {
    return (this.#cache ??= computed(() => super.value)).value
  }
}
