import type { Deployment } from '../../src/testing/index.ts'
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { makeFunctionReference } from 'convex/server'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { add, RawClient } from './raw-client.ts'
import { startApp } from './start-app.ts'

const NOTES = `
import { mutationGeneric, queryGeneric } from 'convex/server'
export const add = mutationGeneric(ctx => ctx.db.insert('notes', {}))
export const count = queryGeneric(async ctx => (await ctx.db.query('notes').collect()).length)
export const addText = mutationGeneric((ctx, { length }) => ctx.db.insert('texts', { length }))
export const text = queryGeneric(async ctx => 'x'.repeat((await ctx.db.query('texts').first())?.length ?? 0))
`
const addNote = makeFunctionReference<'mutation'>('notes:add')
const addText = makeFunctionReference<'mutation'>('notes:addText')
const countNotes = makeFunctionReference<'query'>('notes:count')

let deployment: Deployment
beforeAll(async () => {
  const app = await startApp({ 'notes.ts': NOTES });
  ({ deployment } = app)
  return app.close
})
afterEach(() => void vi.useRealTimers())

/** Blocks this thread until the deployment has answered several requests of another process. */
function blockThread(): void {
  const code = `for (let count = 0; count < 20; count++) await (await fetch('${deployment.url}/version')).text()`
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', code]).status).toBe(0)
}

describe('settled', () => {
  it('resolves after a socket of this thread has received its results, behind other answers', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(0, 'notes:count'))
    await client.nextOf('Transition')
    // What follows runs while this thread takes messages of the deployment's thread, before it reads from sockets again.
    const count: number = await deployment.query(countNotes)
    const mutation = deployment.mutation(addNote)
    const settled = deployment.settled()
    blockThread()
    await settled
    expect(client.transitions.at(-1)).toMatchObject({ modifications: [{ queryId: 0, value: count + 1 }] })
    await mutation
  })

  it('resolves after a socket has received results that the buffers of a connection cannot hold', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, ...[0, 1].map(queryId => add(queryId, 'notes:text', { queryId })))
    await client.nextOf('Transition')
    await deployment.query(countNotes)
    const mutation = deployment.mutation(addText, { length: 12_000_000 })
    const settled = deployment.settled()
    blockThread()
    await settled
    expect(client.received.filter(({ type }) => type === 'TransitionChunk')).toHaveLength(5)
    await mutation
  })

  it('resolves after messages have been answered that a socket of this thread had sent', async () => {
    const client = await RawClient.open(deployment.url)
    // In some of the rounds, the thread of the deployment takes the message of `settled` before it reads from the socket.
    for (let round = 1; round <= 300; round++) {
      const query = deployment.query(countNotes)
      client.mutate(round, 'notes:add', {})
      await deployment.settled()
      expect(client.received.filter(({ type }) => type === 'MutationResponse')).toHaveLength(round)
      await query
    }
  })

  it('resolves while a test replaces the timers', async () => {
    vi.useFakeTimers()
    await expect(deployment.settled()).resolves.toBeUndefined()
  })
})
