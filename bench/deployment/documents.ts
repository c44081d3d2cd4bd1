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
  const ids = await deployment.query(rows.ids, { from: 0, count: ROUNDS }) as string[]
  const times: Times = {
    fill,
    'get': await timeOf(ROUNDS, index => deployment.query(rows.get, { id: ids[index] })),
    'one row by index': await timeOf(ROUNDS, index => deployment.query(rows.one, { n: index * 7 })),
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

async function timeOf(rounds: number, body: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < rounds; index++) {
    const begin = performance.now()
    await body(index)
    times.push(performance.now() - begin)
  }
  return times
}
