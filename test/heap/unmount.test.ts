import { makeFunctionReference } from 'convex/server'
import { createConvex, useConvexQuery } from 'convue'
import { afterEach, describe, expect, it } from 'vitest'
import { createApp, defineComponent, h, nextTick, shallowRef } from 'vue'
import { eventually } from '../support/environment/eventually.ts'
import { ScriptedDeployment } from '../support/scripted/scripted-deployment.ts'

const QUERIES = 1_000
const ROUNDS = 20
/** The rounds that are compared: in the first ones, code is compiled and caches are filled. */
const EARLY = [8, 9, 10, 11]
const LATE = [16, 17, 18, 19]
/**
 * In bytes per unmounted query. The smallest closure takes 64 bytes, and a reference to it in a
 * list 8 bytes. Compiled code and caches of the process account for about 20.
 */
const MAX_GROWTH_PER_QUERY = 45

const query = makeFunctionReference<'query', { i: number }, { text: string }>('documents:get')

let close = (): void => {}
afterEach(() => close())

function openPage(): { deployment: ScriptedDeployment, shown: { value: number }, countShown: () => number } {
  const deployment = new ScriptedDeployment()
  deployment.isCoalescing = true
  deployment.functions.set('documents:get', ({ i }) => ({ text: `document ${i}` }))
  const shown = shallowRef(0)
  const container = document.createElement('div')

  // Every second query unsubscribes at once, the others linger for a moment.
  const Item = defineComponent({
    props: { i: { type: Number, required: true } },
    setup(props) {
      const { data, isPending } = useConvexQuery(query, () => ({ i: props.i }), { lingerMs: props.i % 2 })
      return () => h('p', isPending.value ? 'pending' : data.value?.text)
    },
  })
  // One query remains, so that the client and its socket are the same in every round.
  const app = createApp(() => [h(Item, { i: -1 }), Array.from({ length: shown.value }, (_, i) => h(Item, { key: i, i }))])
  app.use(createConvex({ url: deployment.url, clientOptions: deployment.clientOptions }))
  app.mount(container)
  close = () => app.unmount()
  return { deployment, shown, countShown: () => [...container.querySelectorAll('p')].filter(({ textContent }) => textContent?.startsWith('document')).length }
}

describe('useConvexQuery: 1,000 queries, mounted and unmounted repeatedly', () => {
  it('leave no subscription on the connection and no memory in the heap', async () => {
    const { deployment, shown, countShown } = openPage()
    const heap = new Map<number, number>()
    for (let round = 0; round < ROUNDS; round++) {
      shown.value = QUERIES
      await eventually(countShown).toBe(QUERIES + 1)
      shown.value = 0
      await nextTick()
      await eventually(() => deployment.liveSockets.map(socket => socket.queries.size)).toEqual([1])
      if (EARLY.includes(round) || LATE.includes(round))
        heap.set(round, await measureHeap(deployment))
    }
    const least = (rounds: number[]): number => Math.min(...rounds.map(round => heap.get(round)!))
    const growth = (least(LATE) - least(EARLY)) / (LATE[0]! - EARLY[0]!) / QUERIES
    expect(growth, 'bytes that each unmounted query leaves').toBeLessThan(MAX_GROWTH_PER_QUERY)
  })
})

/** Bytes in use after garbage collection. Discards the records of the scripted deployment. */
async function measureHeap(deployment: ScriptedDeployment): Promise<number> {
  deployment.frames = []
  deployment.executions.length = 0
  for (const socket of deployment.sockets)
    socket.frames.length = 0
  // Pending work has ended on the next turn of the event loop.
  for (let turn = 0; turn < 4; turn++) {
    await new Promise(resolve => setTimeout(resolve))
    globalThis.gc!()
  }
  return process.memoryUsage().heapUsed
}
