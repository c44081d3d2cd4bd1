import type { VueWrapper } from '@vue/test-utils'
import type { ConvexPlugin } from 'convue'
import type { Topic, ViewSpec } from './commands.ts'
import type { Answer } from './model-backend.ts'
import type { Reading, ShownQuery } from './shown-query.ts'
import { mount } from '@vue/test-utils'
import { useConvexMutation, useConvexPaginatedQuery, useConvexQueries, useConvexQuery } from 'convue'
import { defineComponent, h, KeepAlive, onActivated, onDeactivated, onScopeDispose, shallowReactive, shallowRef, watch } from 'vue'
import { SLOTS } from './commands.ts'
import { modelApi } from './model-backend.ts'

interface Slot { spec: ViewSpec | null, isResting: boolean, serial: number }

/** An app with a few places for views, which come, go and rest. */
export class ModelPage {
  readonly shown = new Set<ShownQuery>()
  readonly topics = Array.from({ length: SLOTS }, () => shallowRef<Topic>('a'))
  readonly slots = Array.from({ length: SLOTS }, (): Slot => shallowReactive({ spec: null, isResting: false, serial: 0 }))
  mutations!: Record<'none' | 'value' | 'loading', ReturnType<typeof useConvexMutation<typeof modelApi.add>>>
  readonly #wrapper: VueWrapper
  readonly #onTick: () => void

  /** `onTick` is called in every tick in which something that can be read changes. */
  constructor(plugin: ConvexPlugin, onTick: () => void) {
    this.#onTick = onTick
    const View = this.#defineView()
    const Resting = defineComponent({ render: () => 'resting' })
    const renderSlot = ({ spec, isResting, serial }: Slot, slot: number) => {
      if (!spec)
        return null
      const view = h(View, { key: `${slot} ${serial}`, slot, spec })
      return spec.keepAlive ? h(KeepAlive, { key: `${slot} ${serial}` }, { default: () => isResting ? h(Resting) : view }) : view
    }
    this.#wrapper = mount(defineComponent(() => {
      const mutate = (change: 'none' | 'value' | 'loading') => useConvexMutation(modelApi.add, change === 'none'
        ? {}
        : {
            optimisticUpdate(queries, { topic }) {
              for (const query of [modelApi.tasks, modelApi.secret]) {
                const answer = queries.getQuery(query, { topic })
                if (answer)
                  queries.setQuery(query, { topic }, change === 'value' ? { ...answer, count: answer.count + 1000 } : undefined)
              }
            },
          })
      this.mutations = { none: mutate('none'), value: mutate('value'), loading: mutate('loading') }
      return () => h('main', this.slots.map(renderSlot))
    }), { global: { plugins: [plugin] } })
  }

  set(slot: number, spec: ViewSpec | null): void {
    Object.assign(this.slots[slot]!, { spec, isResting: false, serial: this.slots[slot]!.serial + 1 })
  }

  unmount(): void {
    this.#wrapper.unmount()
  }

  #defineView() {
    return defineComponent({
      props: { slot: { type: Number, required: true }, spec: { type: Object as () => ViewSpec, required: true } },
      setup: ({ slot, spec }) => {
        let isActive = true
        onDeactivated(() => void (isActive = false))
        // Before the composables leave.
        let all: ShownQuery[] = []
        onScopeDispose(() => all.forEach(shown => this.shown.delete(shown)))
        all = this.#use(spec, spec.isReactive ? () => this.topics[slot]!.value : () => 'a', () => isActive)
        // After the composables have come back to life.
        onActivated(() => void (isActive = true))
        for (const shown of all) {
          this.shown.add(shown)
          watch(() => [shown.read(), shown.topic()], this.#onTick, { flush: 'sync' })
        }
        return () => h('pre', JSON.stringify(all.map(shown => shown.read())))
      },
    })
  }

  #use(spec: ViewSpec, topic: () => Topic, isActive: () => boolean): ShownQuery[] {
    const { kind, live, keepPrevious, keepOnError, lingerMs } = spec
    const auth = kind === 'secret' ? 'required' : spec.auth
    const argsOf = (topic: Topic) => topic === null ? undefined : { topic }
    const args = spec.isReactive ? () => argsOf(topic()) : argsOf(topic())
    const common = { auth, keepPrevious, keepOnError, isActive, topic }
    const query = kind === 'secret' ? modelApi.secret : modelApi.tasks
    const options = { auth, live, keepPrevious, keepOnError, lingerMs }

    if (kind === 'list') {
      const list = useConvexPaginatedQuery(modelApi.page, args as any, { auth, keepPrevious, lingerMs, initialNumItems: 10 })
      const statuses = { LoadingFirstPage: 'pending', Paused: 'paused', Error: 'error', CanLoadMore: 'success', LoadingMore: 'success', Exhausted: 'success' } as const
      const read = (): Reading => {
        const status = statuses[list.status.value]
        const rows = list.results.value as Answer['rows']
        return {
          status,
          rows: rows.map(({ _id, whose }) => ({ whose, topic: _id.split(' ')[1]! })),
          data: status === 'success' || rows.length > 0 ? rows : undefined,
          error: list.error.value,
          isStale: list.isStale.value,
        }
      }
      return [{ ...common, name: 'tasks:page', isLive: true, read, refresh: async () => {} }]
    }
    if (kind === 'queries') {
      const results = useConvexQueries(() => ({ own: { query, args: argsOf(topic()), ...options }, b: { query, args: { topic: 'b' }, ...options } }))
      return (['own', 'b'] as const).map(key => ({
        ...common,
        name: 'tasks:list',
        isLive: live,
        topic: key === 'own' ? topic : () => 'b',
        read: () => toReading(results[key]),
        refresh: () => results[key].refresh(),
      }))
    }
    const { data, error, status, isStale, isPaused, isPending, refresh } = useConvexQuery(query, args as any, options)
    return [{
      ...common,
      name: kind === 'secret' ? 'tasks:secret' : 'tasks:list',
      isLive: live,
      read: () => toReading({ data: data.value, error: error.value, status: status.value, isStale: isStale.value, isPaused: isPaused.value, isPending: isPending.value }),
      refresh,
    }]
  }
}

function toReading({ data, error, status, isStale, isPaused, isPending }: {
  data: Answer | undefined
  error: Error | undefined
  status: Reading['status']
  isStale: boolean
  isPaused: boolean
  isPending: boolean
}): Reading {
  if (isPaused !== (status === 'paused') || isPending !== (status === 'pending'))
    throw new Error(`status ${status}, isPaused ${isPaused}, isPending ${isPending}`)
  return { status, rows: data ? [{ whose: data.whose, topic: data.topic }, ...data.rows.map(row => ({ whose: row.whose, topic: data.topic }))] : [], data, error, isStale }
}
