/**
 * A process with nothing but a deployment of many documents, so that its memory is that of the
 * deployment. It times the functions, and the clients of the other process subscribe to rows.
 */
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { anyApi } from 'convex/server'
import { loadTesting } from './variant.ts'

export const DOCUMENTS = 100_000
const FILL_BATCH = 1_000
const ROUNDS = 200
/** Calls before the times of warm calls, so that V8 has optimized the code of all threads. */
const WARM_UP = 5_000
const MIB = 2 ** 20

/** Times in ms, by the name of the work. */
export type Times = Record<string, number[]>

/** The memory of the whole process, in MiB. */
export interface Memory {
  /** Before the deployment is imported: Node and `convex/server`. */
  node: number
  /** With a deployment that has no documents. */
  empty: number
  /** With all documents and all subscriptions. */
  full: number
}

export type DocumentsMessage
  = | { type: 'filled', url: string, times: Times }
    | { type: 'measured', times: Times, memory: Memory }

if (process.send)
  await measure(message => process.send!(message))

async function measure(send: (message: DocumentsMessage) => void): Promise<void> {
  const node = memory()
  const { startDeployment } = await loadTesting()
  const functions = fileURLToPath(new URL('./convex', import.meta.url))
  const deployment = await startDeployment({ functions })
  const empty = memory()
  const rows = anyApi.rows as any

  const fill = await timeOf(1, async () => {
    for (let from = 0; from < DOCUMENTS; from += FILL_BATCH)
      await deployment.mutation(rows.fill, { from, count: FILL_BATCH })
  })
  // Each call reads another row, since a query with equal arguments is not executed again.
  const ids = await deployment.query(rows.ids, { from: 0, count: WARM_UP + 2 * ROUNDS }) as string[]
  let reads = 0
  const get = (): Promise<unknown> => deployment.query(rows.get, { id: ids[reads++] })
  const one = (): Promise<unknown> => deployment.query(rows.one, { n: reads++ })
  const times: Times = {
    fill,
    'get, the first calls': await timeOf(ROUNDS, get),
    'one row by index, the first calls': await timeOf(ROUNDS, one),
    ...await timeWarm('get', get, () => reads = ROUNDS),
    ...await timeWarm('one row by index', one, () => reads = 2 * ROUNDS),
    '100 index reads in one mutation': await timeOf(ROUNDS / 4, index =>
      deployment.mutation(rows.readMany, { from: index * 100 })),
    'insert': await timeOf(ROUNDS, () => deployment.mutation(rows.insert, {})),
  }
  send({ type: 'filled', url: deployment.url, times })
  const [subscriptions] = await once(process, 'message')
  const insert = await timeOf(ROUNDS, () => deployment.mutation(rows.insert, {}))
  send({
    type: 'measured',
    times: { [`insert beside ${subscriptions} subscriptions`]: insert },
    memory: { node, empty, full: memory() },
  })
  await once(process, 'message')
  await deployment.close()
  process.disconnect()
}

function memory(): number {
  return process.memoryUsage().rss / MIB
}

/** The times of calls after the code that they use has been optimized. */
async function timeWarm(name: string, call: () => Promise<unknown>, begin: () => void): Promise<Times> {
  begin()
  await timeOf(WARM_UP, call)
  return { [name]: await timeOf(ROUNDS, call) }
}

async function timeOf(rounds: number, body: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < rounds; index++) {
    const begin = performance.now()
    await body(index)
    times.push(performance.now() - begin)
  }
  return times
}
