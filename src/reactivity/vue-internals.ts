/** All uses of undocumented parts of Vue. Other files use only Vue's documented API. */
import type { ShallowRef } from 'vue'
import { getCurrentInstance, getCurrentScope, reactive } from 'vue'
import { runUserCallback } from './run-user-callback.ts'

/*
 * Each comment says where the used part of Vue is defined, and what would happen if Vue changed it.
 * test/package/peers-app/vue-internals.ts checks each part separately. The unit tests run it with
 * the installed version of Vue. `npm run check:peers` runs it with the oldest and newest supported
 * versions, and `npm run check:peers -- --all` also with the next pre-release.
 */

/**
 * `vueBatch.push(write)` runs `write` in one batch of Vue. Effects, including watchers with `flush:
 * 'sync'`, run once after all writes. A computed ref that is read between two writes returns its
 * current value. Vue does not export `startBatch`, but runs each mutating method of a reactive
 * array in a batch. In this batch, it calls the array's own `push`, which is replaced here. If
 * `push` threw an error, the batch would remain open permanently, so an error of `write` is
 * reported instead.
 *
 * If Vue no longer ran `push` in a batch, a watcher with `flush: 'sync'` could see only a part of a
 * transition.
 *
 * @see https://github.com/vuejs/core/blob/main/packages/reactivity/src/arrayInstrumentations.ts
 * `noTracking`
 */
export const vueBatch = /* @__PURE__ */ reactive(
  /* @__PURE__ */ Object.assign<(() => void)[], object>([], { push: runUserCallback }),
)

/**
 * A read-only ref of one property, which Vue and Pinia treat like a computed ref. A `computed()` or
 * `customRef()` for each field of a query would together need more memory than the rest of the
 * query.
 *
 * If Vue recognized refs in another way, templates would not unwrap the fields of a query, and
 * `watch` would not accept them.
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

  /** If a ref has an `effect`, Pinia neither serializes nor hydrates it. */
  get effect(): true {
    return true
  }
}

/**
 * Returns a proxy of a record. The proxy has all properties of the record, and is also a computed
 * ref whose value is the record. Templates and stores unwrap the proxy like any ref, and `watch`
 * accepts it. In a Pinia store, the proxy becomes a getter. A reactive record would become part of
 * the state of the store, and Pinia would serialize and overwrite it.
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
        // Pinia only needs a truthy value here. If the record itself has a query with the key
        // `effect`, the object that describes this query is truthy too.
        case 'effect': return Reflect.get(target, key) ?? true
        case '__v_isRef': return true
        case '__v_isReactive': case '__v_isReadonly': return false
        default: return Reflect.get(target, key)
      }
    },
  })
}

/**
 * Whether the component that is being set up hydrates HTML from a server. During hydration, Vue
 * sets `vnode.el` before `setup` runs. Otherwise, Vue sets it after `setup`.
 *
 * If Vue changed this order, a hydrating component would wait for a result that is not part of its
 * server-rendered HTML.
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
 * Whether a `KeepAlive` may deactivate the component that is being set up. Returns `false` in any
 * effect scope other than the scope of the component. For example, the scope of a store remains
 * when the component that first used the store is deactivated.
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
