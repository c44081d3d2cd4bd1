import type { App, Ref } from 'vue'
import type { Doc, DocArgs, Row, SessionOptions, Subject, View } from './subject.ts'
import { createApp, defineComponent, h, nextTick, shallowRef, watch } from 'vue'
import { getDoc, getRows, KEPT, NOTHING, noticed, textOf, textOfBoth, textUnder } from './subject.ts'

/** The differences between the Vue subjects. */
export interface VueClient {
  install?: (app: App) => void
  /** The result of a query with constant arguments. The subject need not observe the arguments. */
  useQuery: (query: typeof getDoc | typeof getRows, args: () => DocArgs) => Ref<any>
  /**
   * The result of a query with changing arguments. `null` if the subject cannot observe arguments:
   * the component is then created again for each change.
   */
  useChangingQuery: ((args: () => DocArgs) => Ref<Doc | undefined>) | null
  close: (app: App) => void
}

/** The app, which is the same for all Vue subjects. */
export function vueSubject(connect: (options: SessionOptions) => VueClient): Subject {
  return {
    open(container, options) {
      const client = connect(options)
      const { useQuery, useChangingQuery } = client
      const view = shallowRef<View>(NOTHING)

      const Item = defineComponent({
        props: { i: { type: Number, required: true } },
        setup(props) {
          const doc: Ref<Doc | undefined> = useQuery(getDoc, () => ({ i: props.i }))
          return () => h('p', doc.value?.text)
        },
      })

      const RowItem = defineComponent({
        props: { row: { type: Object, required: true } },
        setup: props => () => h('p', textOf(props.row as Row)),
      })

      const Rows = defineComponent(() => {
        const rows: Ref<Row[] | undefined> = useQuery(getRows, () => ({ i: 0 }))
        return () => h('div', rows.value?.map(row => h(RowItem, { key: row._id, row })))
      })

      const Changing = defineComponent({
        props: { args: { type: Object, required: true } },
        setup(props) {
          const args = (): DocArgs => props.args as DocArgs
          const doc = useChangingQuery ? useChangingQuery(args) : useQuery(getDoc, args)
          return () => h('p', textUnder(args(), doc.value))
        },
      })

      const Pair = defineComponent(() => {
        const one: Ref<Doc | undefined> = useQuery(getDoc, () => ({ i: 0 }))
        const other: Ref<Doc | undefined> = useQuery(getDoc, () => ({ i: 1 }))
        watch([one, other], () => {
          if (one.value?.version !== other.value?.version)
            noticed.tornWatchers++
        }, { flush: 'sync' })
        return () => h('p', textOfBoth(one.value, other.value))
      })

      const app = createApp(() => [h('aside', h(Item, KEPT)), h('main', render(view.value))])
      function render(shown: View): any {
        switch (shown.kind) {
          case 'nothing':
            return []
          case 'items':
            return Array.from({ length: shown.count }, (_, i) => h(Item, { key: i, i: shown.isShared ? 0 : i }))
          case 'rows':
            return [h(Rows)]
          case 'changing':
            return [h(Changing, { key: useChangingQuery ? 'same' : JSON.stringify(shown.args), args: shown.args })]
          case 'pair':
            return [h(Pair)]
        }
      }

      client.install?.(app)
      app.mount(container)
      return {
        show(next) {
          view.value = next
          return nextTick()
        },
        settle(receive) {
          receive()
          return nextTick()
        },
        close() {
          app.unmount()
          client.close(app)
        },
      }
    },
  }
}
