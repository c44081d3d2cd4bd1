/** A process with a deployment that works without end and prints what was acknowledged. A test kills it. */
import { writeSync } from 'node:fs'
import process from 'node:process'
import { anyApi } from 'convex/server'
import { startDeployment } from '../../src/testing/index.ts'

/** What a client knows to be done. */
export type Acknowledged
  = | { kind: 'mutation', text: string }
    | { kind: 'file', id: string, text: string }
    | { kind: 'job', id: string, text: string }

const [functions, data, round] = process.argv.slice(2) as [string, string, string]
const { add, addAtOnce, addLater, upload } = anyApi.notes as Record<string, any>
const deployment = await startDeployment({ functions, data })

function acknowledge(done: Acknowledged): void {
  writeSync(1, `${JSON.stringify(done)}\n`)
}

async function repeat(name: string, step: (text: string) => Promise<Acknowledged>): Promise<never> {
  for (let count = 0; ; count++)
    acknowledge(await step(`${name} ${count} of round ${round}`))
}

await Promise.all([
  ...['first', 'second', 'third'].map(name => repeat(`${name} writer`, async (text) => {
    await deployment.mutation(add, { text })
    return { kind: 'mutation', text }
  })),
  repeat('upload', async (text) => {
    const response = await fetch(await deployment.mutation(upload), { method: 'POST', body: text })
    const { storageId } = await response.json() as { storageId: string }
    return { kind: 'file', id: storageId, text }
  }),
  repeat('later job', async text => ({ kind: 'job', id: await deployment.mutation(addLater, { text }), text })),
  repeat('job', async text => ({ kind: 'job', id: await deployment.mutation(addAtOnce, { text }), text })),
])
