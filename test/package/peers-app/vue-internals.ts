// One check for each assumption of src/reactivity/vue-internals.ts about Vue. The unit tests run
// these checks with the installed Vue, and `npm run check:peers` with other versions.
import assert from 'node:assert/strict'
import { computed, createApp, createSSRApp, defineComponent, effectScope, h, isRef, KeepAlive, nextTick, proxyRefs, reactive, shallowRef, watch } from 'vue'
import { asComputedRef, isHydrating, isInKeepAlive, PropertyRef, vueBatch } from '../../../src/reactivity/vue-internals.ts'

/** The result of `read` in the `setup` of a component that `wrap` renders. */
function inSetup<T>(read: () => T, wrap: (child: ReturnType<typeof h>) => unknown = child => child): T {
  let result: T
  const Child = defineComponent({
    setup() {
      result = read()
      return () => h('p')
    },
  })
  const app = createApp({ render: () => wrap(h(Child)) })
  app.mount(document.createElement('div'))
  app.unmount()
  return result!
}

export const vueInternals: Record<string, () => void | Promise<void>> = {
  'vueBatch shows all writes at once': () => {
    const [one, other] = [shallowRef(1), shallowRef(1)]
    const sum = computed(() => one.value + other.value)
    const seen: string[] = []
    const stop = watch([one, other, sum], values => seen.push(values.join(' ')), { flush: 'sync' })
    vueBatch.push(() => {
      one.value = 2
      assert.equal(sum.value, 3)
      vueBatch.push(() => {
        other.value = 3
      })
      assert.deepEqual(seen, [])
    })
    assert.deepEqual(seen, ['2 3 5'])
    assert.equal(vueBatch.length, 0)
    stop()
  },

  'PropertyRef is a ref': async () => {
    const source = reactive({ count: 1 })
    const ref = new PropertyRef(source, 'count')
    assert.ok(isRef(ref))
    assert.equal(proxyRefs({ ref }).ref, 1)
    const seen: unknown[] = []
    const stop = watch(ref as never, value => seen.push(value))
    source.count = 2
    await nextTick()
    assert.deepEqual(seen, [2])
    stop()
  },

  'asComputedRef is a record and a ref': async () => {
    const record = shallowRef({ count: 1 })
    const ref = asComputedRef(record)
    assert.ok(isRef(ref))
    assert.equal(ref.count, 1)
    assert.equal((proxyRefs({ ref }).ref as { count: number }).count, 1)
    const seen: unknown[] = []
    const stop = watch(ref as never, value => seen.push(value))
    record.value = { count: 2 }
    await nextTick()
    assert.deepEqual(seen, [{ count: 2 }])
    stop()
  },

  'isHydrating is true while a component hydrates, and only then': () => {
    const seen: boolean[] = []
    const root = document.createElement('div')
    root.innerHTML = '<p></p>'
    const app = createSSRApp({
      setup() {
        seen.push(isHydrating())
        return () => h('p')
      },
    })
    app.mount(root)
    app.unmount()
    assert.deepEqual(seen, [true])
    assert.equal(inSetup(isHydrating), false)
    assert.equal(isHydrating(), false)
  },

  'isInKeepAlive is true inside of a KeepAlive, and only there': () => {
    assert.equal(inSetup(isInKeepAlive), false)
    assert.equal(inSetup(isInKeepAlive, child => h(KeepAlive, () => child)), true)
    assert.equal(inSetup(() => effectScope(true).run(isInKeepAlive), child => h(KeepAlive, () => child)), false)
    assert.equal(isInKeepAlive(), false)
  },
}
