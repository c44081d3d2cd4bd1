import type { VueWrapper } from '@vue/test-utils'
import type { ConvexPlugin, UseConvexQueryReturn } from 'convue'
import type { App } from 'vue'
import type { ConvexContext } from '../../src/plugin/context.ts'
import type { Topic, User, ViewSpec } from './commands.ts'
import type { Answer } from './model-backend.ts'
import type { Identity, Reading, ShownQuery } from './shown-query.ts'
import { mount } from '@vue/test-utils'
import { getFunctionName } from 'convex/server'
import { useConvexAction, useConvexMutation, useConvexPaginatedQuery, useConvexQueries, useConvexQuery, useConvexUpload, usePreloadedQuery } from 'convue'
import { defineComponent, effectScope, h, KeepAlive, onActivated, onDeactivated, onScopeDispose, shallowReactive, shallowRef, watch } from 'vue'
import { useConvexContext } from '../../src/plugin/context.ts'
import { SLOTS } from './commands.ts'
import { modelApi } from './model-backend.ts'
import { APP, isTransformFailing } from './shown-query.ts'

/** Initial data of a query, with a count that no server returns. */
const GIVEN = { count: -1, rows: [] }

interface Slot { spec: ViewSpec | null, isResting: boolean, serial: number }

/** The options that code outside of the page passes. */
export interface ModelPageOptions {
  /** Called in every tick in which readable state of the page changes. */
  onTick: () => void
  identity: Pick<Identity, 'changes'>
  /** The id of a user whom the commands identify by name. @default the name */
  idOf?: (user: User) => string
}

/** An app with a few slots, in each of which a view is mounted, unmounted and deactivated. */
export class ModelPage {
  readonly shown = new Set<ShownQuery>()
  readonly topics = Array.from({ length: SLOTS }, () => shallowRef<Topic>('a'))
  readonly slots = Array.from({ length: SLOTS }, (): Slot => shallowReactive({ spec: null, isResting: false, serial: 0 }))
  mutations!: Record<'none' | 'value' | 'loading', ReturnType<typeof useConvexMutation<typeof modelApi.add>>>
  action!: ReturnType<typeof useConvexAction<typeof modelApi.run>>
  upload!: ReturnType<typeof useConvexUpload<typeof modelApi.uploadUrl>>
  /**
   * The auth state, which the model reads here: `useConvexAuth().status` also makes the page request
   * its user's token.
   */
  authState!: ConvexContext['authState']
  /** Whether a query or a call of the page has depended on its user. */
  hasUsedUser = false
  readonly #wrapper: VueWrapper
  readonly #options: ModelPageOptions
  #app!: App
  #engine!: ConvexContext['engine']
  /** The scope of queries outside of components, which live as long as the page. */
  readonly #scope = effectScope(true)

  constructor(plugin: ConvexPlugin, options: ModelPageOptions) {
    this.#options = options
    const View = this.#defineView()
    const Resting = defineComponent({ render: () => 'resting' })
    const renderSlot = ({ spec, isResting, serial }: Slot, slot: number) => {
      if (!spec)
        return null
      const view = h(View, { key: `${slot} ${serial}`, slot, spec })
      return spec.keepAlive ? h(KeepAlive, { key: `${slot} ${serial}` }, { default: () => isResting ? h(Resting) : view }) : view
    }
    this.#wrapper = mount(defineComponent(() => {
      const { app, authState, engine } = useConvexContext('ModelPage')
      this.#app = app
      this.authState = authState
      this.#engine = engine
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
      this.action = useConvexAction(modelApi.run)
      this.upload = useConvexUpload(modelApi.uploadUrl, { concurrency: 2, retries: 1, maxSize: 1000 })
      return () => h('main', this.slots.map(renderSlot))
    }), { global: { plugins: [plugin] } })
  }

  /** Whether the page requests the token of its user, and opens the user's connection. */
  get needsUser(): boolean {
    return this.#engine.isNeeded
  }

  /** Subscribes in this tick and outside of components, like a store. */
  subscribe(spec: ViewSpec): void {
    this.#app.runWithContext(() => this.#scope.run(() => this.#show(this.#use(spec, () => 'a', () => true))))
  }

  set(slot: number, spec: ViewSpec | null): void {
    Object.assign(this.slots[slot]!, { spec, isResting: false, serial: this.slots[slot]!.serial + 1 })
  }

  unmount(): void {
    this.#scope.stop()
    this.#wrapper.unmount()
  }

  #defineView() {
    return defineComponent({
      props: { slot: { type: Number, required: true }, spec: { type: Object as () => ViewSpec, required: true } },
      setup: ({ slot, spec }) => {
        let isActive = true
        onDeactivated(() => void (isActive = false))
        // Registered before the composables, so that it runs before they are disposed.
        let all: ShownQuery[] = []
        onScopeDispose(() => all.forEach(shown => this.shown.delete(shown)))
        all = this.#use(spec, spec.isReactive ? () => this.topics[slot]!.value : () => 'a', () => isActive)
        // Registered after the composables, so that it runs after they are active again.
        onActivated(() => void (isActive = true))
        this.#show(all)
        return () => h('pre', JSON.stringify(all.map(shown => shown.read())))
      },
    })
  }

  #show(all: ShownQuery[]): void {
    for (const shown of all) {
      this.shown.add(shown)
      watch(() => [shown.read(), shown.topic()], this.#options.onTick, { flush: 'sync' })
    }
  }

  #use(spec: ViewSpec, topic: () => Topic, isActive: () => boolean): ShownQuery[] {
    const { kind, live, keepPreviousData, keepDataOnError, lingerMs } = spec
    const auth = kind === 'secret' || (kind === 'preloaded' && spec.preloadedFor) ? 'required' : spec.auth
    this.hasUsedUser ||= auth !== 'public'
    const argsOf = (topic: Topic) => topic === null ? undefined : { topic }
    const args = spec.isReactive ? () => argsOf(topic()) : argsOf(topic())
    const query = kind === 'secret' ? modelApi.secret : modelApi.tasks
    const common = { auth, keepPreviousData, keepDataOnError, isActive, topic, name: getFunctionName(query), isLive: live }
    const options = { auth, live, keepPreviousData, keepDataOnError, lingerMs }

    if (kind === 'list') {
      const of = (topic: Topic) => topic === null ? undefined : { of: topic }
      const list = useConvexPaginatedQuery(modelApi.page, (spec.isReactive ? () => of(topic()) : of(topic())) as any, { auth, keepPreviousData, lingerMs, initialNumItems: 2 })
      const statuses = { LoadingFirstPage: 'pending', Paused: 'paused', Error: 'error', CanLoadMore: 'success', LoadingMore: 'success', Exhausted: 'success' } as const
      const read = (): Reading => {
        const status = statuses[list.status.value]
        const rows = list.results.value
        return {
          status,
          rows: rows.map(({ _id, text }) => ({ whose: text.split('\'')[0]!, topic: _id.split(' ')[0]! })),
          data: status === 'success' || rows.length > 0 ? rows : undefined,
          isGiven: false,
          error: list.error.value,
          isStale: list.isStale.value,
        }
      }
      const loadMore = (): boolean => {
        const canLoadMore = list.status.value === 'CanLoadMore'
        list.loadMore(2)
        return canLoadMore
      }
      return [{ ...common, name: 'model:page', isLive: true, read, refresh: async () => {}, loadMore, isExhausted: () => list.status.value === 'Exhausted' }]
    }
    if (kind === 'preloaded') {
      const { preloadedFor } = spec
      const userId = preloadedFor && (this.#options.idOf?.(preloadedFor) ?? preloadedFor)
      const value: Answer = { ...GIVEN, whose: preloadedFor ?? 'anonymous', topic: 'a' }
      const { changes } = this.#options.identity
      const result = usePreloadedQuery({ name: common.name, args: { topic: 'a' }, value, userId }, { auth, live, keepDataOnError, lingerMs })
      return [{ ...common, given: { topic: 'a', changes }, topic: () => 'a', keepPreviousData: true, read: () => toReading(unwrap(result)), refresh: result.refresh }]
    }
    if (kind === 'queries') {
      const results = useConvexQueries(() => ({ own: { query, args: argsOf(topic()), ...options }, b: { query, args: { topic: 'b' }, ...options } }))
      return (['own', 'b'] as const).map(key => ({
        ...common,
        topic: key === 'own' ? topic : () => 'b',
        read: () => toReading(results[key]),
        refresh: () => results[key].refresh(),
      }))
    }
    const { changes } = this.#options.identity
    const given = { topic: topic(), changes }
    const result = useConvexQuery(query, args as any, {
      ...options,
      ...(kind === 'initial' && given.topic ? { initialData: { ...GIVEN, whose: APP, topic: given.topic } } : {}),
      ...(kind === 'transform' ? { transform } : {}),
    })
    return [{ ...common, given, isTransformed: kind === 'transform', read: () => toReading(unwrap(result)), refresh: result.refresh }]
  }
}

/** Throws for some results. The error identifies the user of the result. */
function transform(answer: Answer): Answer & { isTransformed: boolean } {
  if (isTransformFailing(answer))
    throw new Error(`${answer.whose}'s transform failed`)
  return { ...answer, isTransformed: true }
}

function unwrap({ data, error, status, isStale, isPaused, isPending }: UseConvexQueryReturn<(Answer & { isTransformed?: boolean }) | undefined>) {
  const { isTransformed: _, ...answer } = data.value ?? {}
  return { data: data.value && answer as Answer, error: error.value, status: status.value, isStale: isStale.value, isPaused: isPaused.value, isPending: isPending.value }
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
  const rows = data ? [{ whose: data.whose, topic: data.topic }, ...data.rows.map(row => ({ whose: row.whose, topic: data.topic }))] : []
  return { status, rows, isGiven: data?.count === GIVEN.count, data, error, isStale }
}
