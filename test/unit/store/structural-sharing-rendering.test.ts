import type { VueWrapper } from '@vue/test-utils'
import type { PropType } from 'vue'
import { useConvexQuery } from 'convue'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h, watch } from 'vue'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

interface Task { _id: string, text: string, done: boolean }

let page: ScriptedPage
let tasks: Task[]
const rendered: string[] = []

setupScriptedPage()

const Row = defineComponent({
  props: { task: { type: Object as PropType<Task>, required: true } },
  setup: props => () => {
    rendered.push(props.task._id)
    return h('li', `${props.task.text}${props.task.done ? ' done' : ''}`)
  },
})

/** 1,000 rows, each a component. */
async function mountList(): Promise<VueWrapper> {
  tasks = Array.from({ length: 1000 }, (_, index) => ({ _id: `task-${index}`, text: `task ${index}`, done: false }))
  page = new ScriptedPage()
  page.deployment.functions.set('values:get', () => tasks as any)
  const wrapper = page.mount(defineComponent(() => {
    const { data } = useConvexQuery(api.values.get)
    return () => h('ul', (data.value as Task[] | undefined)?.map(task => h(Row, { key: task._id, task })))
  }))
  await page.tick()
  expect(rendered).toHaveLength(1000)
  rendered.length = 0
  return wrapper
}

async function update(next: Task[]): Promise<void> {
  tasks = next
  page.deployment.invalidate()
  await page.tick()
}

describe('useConvexQuery', () => {
  describe('a list of 1,000 rows', () => {
    beforeEach(() => {
      rendered.length = 0
    })

    it('renders only the row that has changed', async () => {
      const wrapper = await mountList()
      await update(tasks.map(task => task._id === 'task-500' ? { ...task, done: true } : task))
      expect(rendered).toEqual(['task-500'])
      expect(wrapper.findAll('li')[500]!.text()).toBe('task 500 done')
    })

    it('renders only the new row when it is inserted at the top', async () => {
      const wrapper = await mountList()
      await update([{ _id: 'new', text: 'new', done: false }, ...tasks])
      expect(rendered).toEqual(['new'])
      expect(wrapper.findAll('li')).toHaveLength(1001)
    })

    it('renders no row when one is removed or moved, or nothing has changed', async () => {
      await mountList()
      await update(tasks.slice(1))
      await update([...tasks].reverse())
      await update(tasks.map(task => ({ ...task })))
      expect(rendered).toEqual([])
    })

    it('renders no row after a reconnect without changes', async () => {
      await mountList()
      page.deployment.drop()
      await page.tick(5000)
      expect(page.deployment.liveSockets).toHaveLength(1)
      expect(rendered).toEqual([])
    })
  })

  describe('a component that shows only the status', () => {
    it('does not render when the data changes', async () => {
      let value = 1
      page = new ScriptedPage()
      page.deployment.functions.set('values:get', () => value)
      const renders: string[] = []
      const seen: unknown[] = []
      page.mount(defineComponent(() => {
        const { status, isPending, isStale, error } = useConvexQuery(api.values.get)
        watch([isPending, isStale, error], () => seen.push('changed'), { flush: 'sync' })
        return () => {
          renders.push(status.value)
          return h('p', `${status.value} ${isPending.value} ${isStale.value} ${error.value}`)
        }
      }))
      await page.tick()
      value = 2
      page.deployment.invalidate()
      await page.tick()
      expect(renders).toEqual(['pending', 'success'])
      expect(seen).toEqual(['changed'])
    })
  })

  describe('convex values', () => {
    it('returns values of every kind unchanged', async () => {
      page = new ScriptedPage()
      const make = (text: string) => ({ int64: 9_007_199_254_740_993n, bytes: new Uint8Array([1, 2]).buffer, nan: Number.NaN, zero: -0, text })
      let text = 'one'
      page.deployment.functions.set('values:get', () => make(text))
      const { result } = page.run(() => useConvexQuery(api.values.get))
      await page.tick()
      const { bytes } = result.data.value
      text = 'two'
      page.deployment.invalidate()
      await page.tick()
      expect(result.data.value).toStrictEqual(make('two'))
      expect(Object.is(result.data.value.zero, -0)).toBe(true)
      expect(result.data.value.bytes).toBe(bytes)
    })
  })
})
