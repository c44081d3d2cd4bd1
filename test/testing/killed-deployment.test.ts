import type { Deployment } from '../../src/testing/index.ts'
import type { Acknowledged } from './killed-deployment.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { anyApi } from 'convex/server'
import { describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { engineRuns } from './engine/runs.ts'
import { createFunctions } from './functions-folder.ts'

const PROCESS = fileURLToPath(new URL('./killed-deployment.ts', import.meta.url))

const FUNCTIONS = {
  'notes.ts': `
    import { actionGeneric, anyApi, mutationGeneric, queryGeneric } from 'convex/server'
    async function write(ctx, text) {
      // Both documents have to be there, or none of them.
      await ctx.db.insert('notes', { text })
      await ctx.db.insert('copies', { text })
    }
    export const add = mutationGeneric((ctx, { text }) => write(ctx, text))
    export const addAtOnce = mutationGeneric((ctx, { text }) => ctx.scheduler.runAfter(0, anyApi.notes.add, { text }))
    export const addLater = mutationGeneric((ctx, { text }) => ctx.scheduler.runAfter(3_600_000, anyApi.notes.add, { text }))
    export const waitAtOnce = mutationGeneric((ctx, { text }) => ctx.scheduler.runAfter(0, anyApi.notes.wait, { text }))
    export const wait = actionGeneric(async (ctx, { text }) => {
      await ctx.runMutation(anyApi.notes.add, { text })
      await new Promise(resolve => setTimeout(resolve, 7_200_000))
    })
    export const upload = mutationGeneric(ctx => ctx.storage.generateUploadUrl())
    export const list = queryGeneric(async ctx => ({
      notes: (await ctx.db.query('notes').collect()).map(({ text }) => text),
      copies: (await ctx.db.query('copies').collect()).map(({ text }) => text),
    }))
    export const states = queryGeneric(async (ctx, { ids }) => {
      const jobs = await Promise.all(ids.map(id => ctx.db.system.get(id)))
      return [...new Set(jobs.map(job => job?.state.kind ?? 'lost'))]
    })
    export const state = queryGeneric(async (ctx, { id }) => (await ctx.db.system.get(id)).state)
    export const url = queryGeneric((ctx, { id }) => ctx.storage.getUrl(id))
  `,
}
const { list, state, states, url } = anyApi.notes as Record<string, any>

describe('a deployment with a folder', () => {
  it('loses no acknowledged mutation, file or scheduled function when its process is killed', { timeout: 24 * 3600_000 }, async () => {
    const functions = await createFunctions(FUNCTIONS)
    const kills = engineRuns(40)
    for (let round = 0; round < kills; round++) {
      // Five rounds share a folder, so that the data of one round is still there in the next.
      const data = join(functions, `.data-${Math.floor(round / 5)}`)
      const acknowledged = await workUntilKilled(functions, data, round)
      const deployment = await startDeployment({ functions, data })
      await expectAll(deployment, acknowledged)
      await deployment.close()
    }
  })
})

async function workUntilKilled(functions: string, data: string, round: number): Promise<Acknowledged[]> {
  const worker = spawn(process.execPath, [PROCESS, functions, data, String(round)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, errors] = ['', '']
  worker.stderr.on('data', chunk => errors += chunk)
  const closed = once(worker, 'close')
  const isWorking = new Promise<void>((resolve) => {
    worker.stdout.on('data', (chunk) => {
      output += chunk
      if (['mutation', 'file', 'job', 'action'].every(kind => output.includes(`"kind":"${kind}"`)))
        resolve()
    })
  })
  await Promise.race([isWorking, closed])
  await delay(Math.random() * 500)
  worker.kill('SIGKILL')
  await closed
  expect(errors).toBe('')
  // The last line may be cut off.
  return output.split('\n').slice(0, -1).map(line => JSON.parse(line) as Acknowledged)
}

async function expectAll(deployment: Deployment, acknowledged: Acknowledged[]): Promise<void> {
  const jobs = acknowledged.filter(({ kind }) => kind === 'job') as (Acknowledged & { kind: 'job' })[]
  const readStates = (): Promise<string[]> => deployment.query(states, { ids: jobs.map(({ id }) => id) })
  expect(await readStates()).not.toContain('lost')
  await deployment.advanceClock(3_600_000)
  await expect.poll(readStates).toEqual(['success'])
  await deployment.settled()

  const { notes, copies } = await deployment.query(list) as Record<'notes' | 'copies', string[]>
  const written = new Set(notes)
  expect(acknowledged.filter(({ kind, text }) => kind !== 'file' && !written.has(text))).toEqual([])
  // A mutation and a scheduled mutation run exactly once, and completely.
  expect(notes).toHaveLength(written.size)
  expect(copies.toSorted()).toEqual(notes.toSorted())

  // It is not known whether the action has ended, so it does not run again.
  const [action] = acknowledged.filter(({ kind }) => kind === 'action') as (Acknowledged & { kind: 'action' })[]
  expect(await deployment.query(state, { id: action!.id })).toEqual({ kind: 'failed', error: 'Transient error while executing action' })

  const files = acknowledged.filter(({ kind }) => kind === 'file') as (Acknowledged & { kind: 'file' })[]
  for (const { id, text } of files)
    expect(await (await fetch(await deployment.query(url, { id }))).text()).toBe(text)
}
