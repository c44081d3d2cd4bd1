import type { Value } from 'convex/values'
import type { App, EffectScope, Ref } from 'vue'
import { BaseConvexClient } from 'convex/browser'
import { makeFunctionReference } from 'convex/server'
import { createConvex, useConvexQuery } from 'convue'
import { it } from 'vitest'
import { createApp, defineComponent, effectScope, h, nextTick, shallowRef, watchEffect } from 'vue'
import { BenchSocket } from './support/bench-socket.ts'

const query = makeFunctionReference<'query', { i: number }, any>('bench:get')
const url = 'https://bench.convex.cloud'
const options = { webSocketConstructor: BenchSocket as unknown as typeof WebSocket, logger: false as const, unsavedChangesWarning: false }

/** A way to have n live queries, each consumed by one effect. */
interface Subject {
  name: string
  /** Subscribes; the results are refs. */
  open: (n: number) => { socket: () => BenchSocket, results: Ref<any>[], close: () => void }
}

const floor: Subject = {
  name: 'BaseConvexClient and a map',
  open(n) {
    const results = new Map<string, Ref<Value | undefined>>()
    const client = new BaseConvexClient(url, () => {}, options)
    client.addOnTransitionHandler(({ queries }) => {
      for (const { token, modification } of queries) {
        if (modification.kind === 'Updated' && modification.result?.success)
          results.get(token)!.value = modification.result.value
      }
    })
    const socket = BenchSocket.opened.at(-1)!
    for (let i = 0; i < n; i++)
      results.set(client.subscribe('bench:get', { i }).queryToken, shallowRef())
    return { socket: () => socket, results: [...results.values()], close: () => void client.close() }
  },
}

const convue: Subject = {
  name: 'Convue',
  open(n) {
    const app: App = createApp({ render: () => null })
    const convex = createConvex({ url, clientOptions: options, lingerMs: 0 })
    app.use(convex)
    const scope: EffectScope = effectScope(true)
    const results = app.runWithContext(() => scope.run(() => Array.from({ length: n }, (_, i) => useConvexQuery(query, { i }).data)))!
    return {
      socket: () => BenchSocket.opened.at(-1)!,
      results,
      close() {
        scope.stop()
        void convex.close()
      },
    }
  },
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!
}

/** Runs the subjects in turn, so that both feel the same noise, and prints medians with their ratio to the floor. */
async function compare(title: string, rounds: number, run: (subject: Subject) => Promise<number>): Promise<void> {
  const times = new Map([[floor, [] as number[]], [convue, [] as number[]]])
  for (let round = -2; round < rounds; round++) {
    // Whoever comes first pays for the garbage of whoever came last.
    for (const [subject, list] of round % 2 === 0 ? times : [...times].reverse()) {
      const time = await run(subject)
      if (round >= 0)
        list.push(time)
    }
  }
  const base = median(times.get(floor)!)
  console.log(`\n${title}`)
  console.table(Object.fromEntries([...times].map(([subject, list]) => {
    const time = median(list)
    return [subject.name, { 'median ms': Number(time.toFixed(3)), 'ratio': Number((time / base).toFixed(2)) }]
  })))
}

async function opened(subject: Subject, n: number): Promise<ReturnType<Subject['open']> & { ids: number[] }> {
  const page = subject.open(n)
  await nextTick()
  await nextTick()
  const socket = page.socket()
  const ids = Array.from({ length: n }, (_, i) => socket.queryIds.get(JSON.stringify({ i }))!)
  socket.onmessage!({ data: socket.transition(ids.map(id => [id, 0])) })
  await nextTick()
  return { ...page, ids }
}

for (const n of [100, 1000, 10_000]) {
  const rounds = n === 10_000 ? 9 : 31

  it(`subscribes ${n} queries`, async () => {
    await compare(`subscribe ${n} queries, up to the first result of each`, rounds, async (subject) => {
      const start = performance.now()
      const page = await opened(subject, n)
      const time = performance.now() - start
      if (page.results.some(result => result.value !== 0))
        throw new Error('A result is missing.')
      page.close()
      return time
    })
  })

  for (const changed of [1, n]) {
    it(`updates ${changed} of ${n} queries`, async () => {
      await compare(`one transition that changes ${changed} of ${n} queries, with one effect a query`, rounds, async (subject) => {
        const { socket, results, ids, close } = await opened(subject, n)
        let runs = 0
        const effects = effectScope(true)
        effects.run(() => results.forEach(result => watchEffect(() => {
          runs += result.value === 1 ? 1 : 0
        })))
        const data = socket().transition(ids.slice(0, changed).map(id => [id, 1]))
        const start = performance.now()
        socket().onmessage!({ data })
        await nextTick()
        const time = performance.now() - start
        if (runs !== changed)
          throw new Error(`${runs} effects ran.`)
        effects.stop()
        close()
        return time
      })
    })
  }
}

it('updates a row of a rendered list', async () => {
  const rows = Array.from({ length: 1000 }, (_, i) => ({ _id: `row${i}`, text: `row ${i}`, tags: ['a', 'b'] }))
  const Row = defineComponent({ props: { row: { type: Object, required: true } }, setup: props => () => h('li', props.row.text) })
  const rendered: Record<string, number> = {}
  await compare('a rendered list of 1,000 rows, of which one changes (the floor shares no structure)', 31, async (subject) => {
    const { socket, results, ids, close } = await opened(subject, 1)
    let count = 0
    const onVnodeUpdated = (): void => void count++
    const app = createApp({ render: () => h('ul', (results[0]!.value || []).map((row: any) => h(Row, { key: row._id, row, onVnodeUpdated }))) })
    app.mount(document.createElement('div'))
    socket().onmessage!({ data: socket().transition([[ids[0]!, rows]]) })
    await nextTick()
    const changed = rows.with(500, { ...rows[500]!, text: 'changed' })
    const data = socket().transition([[ids[0]!, changed]])
    count = 0
    const start = performance.now()
    socket().onmessage!({ data })
    await nextTick()
    const time = performance.now() - start
    rendered[subject.name] = count
    app.unmount()
    close()
    return time
  })
  console.log('row components updated:', rendered)
})
