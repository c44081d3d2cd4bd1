/** All that Convue uses of Vue beyond its documented API: no other file of `src` may use more. */
import type { ShallowRef } from 'vue'
import { getCurrentInstance, getCurrentScope, reactive } from 'vue'
import { runUserCallback } from './run-user-callback.ts'

/*
 * Each part names its source in Vue and what would happen if Vue changed it.
 * test/package/peers-app/vue-internals.ts checks every part by itself: in the unit tests with the
 * installed Vue, and in `npm run check:peers` with the oldest and newest supported versions and
 * with the next pre-release.
 */

/**
 * `vueBatch.push(write)` runs `write` in one batch of Vue: effects, watchers with `flush: 'sync'`
 * included, run once after all writes, and a computed ref that is read between two writes returns
 * its current value. Vue exports no `startBatch`, but runs each mutating method of a reactive array
 * in a batch, and calls the array's own `push` for it. An error of `write` is reported: if `push`
 * threw, the batch would remain open permanently.
 *
 * If Vue no longer ran `push` in a batch, a watcher with `flush: 'sync'` could see one half of a
 * transition.
 *
 * @see https://github.com/vuejs/core/blob/main/packages/reactivity/src/arrayInstrumentations.ts
 * `noTracking`
 */
export const vueBatch = /* @__PURE__ */ reactive(
  /* @__PURE__ */ Object.assign<(() => void)[], object>([], { push: runUserCallback }),
)

/**
 * A read-only ref of one property, which Vue and Pinia take for a computed ref. `computed()` and
 * `customRef()` would allocate more than the rest of a query, for each of its fields.
 *
 * If Vue marked refs in another way, templates would not unwrap the fields of a query, and `watch`
 * would not accept them.
 *
 * @see https://github.com/vuejs/core/blob/main/packages/reactivity/src/ref.ts `isRef`
 * @see https://github.com/vuejs/pinia/blob/v4/packages/pinia/src/store.ts `isComputed`
 */
export class PropertyRef<Source extends object, Key extends keyof Source> {
  readonly #source: Source
  readonly #key: Key

  constructor(source: Source, key: Key) {
    this.#source = source
    this.#key = key
  }

  get __v_isRef(): true {
    return true
  }

  get value(): Source[Key] {
    return this.#source[this.#key]
  }

  /** Pinia neither serializes nor hydrates a ref that has an `effect`. */
  get effect(): true {
    return true
  }
}

/**
 * Returns a proxy of a record that is also a computed ref whose value is the record. Vue unwraps
 * the ref to the record wherever Vue unwraps refs, and tracks the ref wherever Vue accepts one, as
 * in `watch`. A Pinia store treats the record as a getter: Pinia would make a reactive record part
 * of the store's state, and then serialize and overwrite the record.
 *
 * A change of Vue or Pinia would have the same consequences as for {@link PropertyRef}.
 *
 * @see https://github.com/vuejs/core/blob/main/packages/reactivity/src/constants.ts `ReactiveFlags`
 */
export function asComputedRef<T extends object>(record: ShallowRef<T>, then?: unknown): T {
  return new Proxy(record.value, {
    get(target, key) {
      switch (key) {
        case 'then': return then
        case 'value': return record.value
        // The record may have a query with the key `effect`. Its value works too, since Pinia only
        // needs a truthy value.
        case 'effect': return Reflect.get(target, key) ?? true
        case '__v_isRef': return true
        case '__v_isReactive': case '__v_isReadonly': return false
        default: return Reflect.get(target, key)
      }
    },
  })
}

/**
 * Whether the component that is being set up hydrates HTML from a server: during hydration Vue sets
 * `vnode.el` before `setup` runs, and otherwise after it.
 *
 * If Vue changed the order, a hydrating component would wait for a result that its server-rendered
 * HTML lacks.
 *
 * @see https://github.com/vuejs/core/blob/main/packages/runtime-core/src/hydration.ts `hydrateNode`
 */
export function isHydrating(): boolean {
  return !!getCurrentInstance()?.vnode.el
}

/**
 * The properties of a component instance that are used here. In Vue 3.6, a Vapor component has no
 * vnode.
 */
interface Instance {
  scope?: unknown
  parent: Instance | null
  vnode?: { type: { __isKeepAlive?: boolean } }
}

/**
 * Whether a `KeepAlive` may deactivate the component that is being set up. Returns `false` in an
 * effect scope other than the component's, such as the scope of a store, which outlives the
 * component that uses the store first.
 *
 * If Vue changed this, queries of deactivated pages would stay subscribed, or queries of a store
 * would pause.
 *
 * @see https://github.com/vuejs/core/blob/main/packages/runtime-core/src/components/KeepAlive.ts
 * `__isKeepAlive`
 * @see https://github.com/vuejs/core/blob/main/packages/runtime-core/src/component.ts `scope`
 */
export function isInKeepAlive(): boolean {
  let instance = getCurrentInstance() as unknown as Instance | null
  if (instance?.scope !== getCurrentScope())
    return false
  while (instance && !instance.vnode?.type.__isKeepAlive)
    instance = instance.parent
  return !!instance
}
