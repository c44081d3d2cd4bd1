/** A process with a deployment that works without end and prints what was acknowledged. A test kills it. */
import { writeSync } from 'node:fs'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { anyApi } from 'convex/server'
import { startDeployment } from '../../src/testing/index.ts'

/** What a client knows to be done. */
export type Acknowledged
  = | { kind: 'mutation', text: string }
    | { kind: 'file', id: string, text: string }
    | { kind: 'job', id: string, text: string }
    /** A scheduled action that has begun and waits. */
    | { kind: 'action', id: string, text: string }

const [functions, data, round] = process.argv.slice(2) as [string, string, string]
const { add, addAtOnce, addLater, list, upload, waitAtOnce } = anyApi.notes as Record<string, any>

function acknowledge(done: Acknowledged): void {
  writeSync(1, `${JSON.stringify(done)}\n`)
}

async function repeat(name: string, step: (text: string) => Promise<Acknowledged>): Promise<never> {
  for (let count = 0; ; count++)
    acknowledge(await step(`${name} ${count} of round ${round}`))
}

async function work(): Promise<void> {
  const deployment = await startDeployment({ functions, data })
  const write = async (text: string): Promise<Acknowledged> => {
    await deployment.mutation(add, { text })
    return { kind: 'mutation', text }
  }
  const store = async (text: string): Promise<Acknowledged> => {
    const response = await fetch(await deployment.mutation(upload), { method: 'POST', body: text })
    const { storageId } = await response.json() as { storageId: string }
    return { kind: 'file', id: storageId, text }
  }
  const begin = async (text: string): Promise<void> => {
    const id = await deployment.mutation(waitAtOnce, { text })
    while (!(await deployment.query(list)).notes.includes(text))
      await setImmediate()
    acknowledge({ kind: 'action', id, text })
  }
  await Promise.all([
    begin(`action of round ${round}`),
    repeat('first writer', write),
    repeat('second writer', write),
    repeat('third writer', write),
    repeat('upload', store),
    repeat('job', async text => ({ kind: 'job', id: await deployment.mutation(addAtOnce, { text }), text })),
    repeat('later job', async text => ({ kind: 'job', id: await deployment.mutation(addLater, { text }), text })),
  ])
}

void work()
