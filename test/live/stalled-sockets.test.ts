import type { Deployment } from '../../src/testing/index.ts'
import { useAuthedQuery, useConvexMutation, useConvexQuery } from 'convue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'
import { becomePage, LivePage, LiveSource } from '../support/live/live-page.ts'
import { StallingNetwork } from '../support/live/stalling-network.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})

let network: StallingNetwork
let page: LivePage
/** What the Convex client has logged about its connections. */
let log: unknown[]
/** A name that no other test uses. */
let name: string
let names = 0

beforeEach(async () => {
  becomePage()
  name = `stalled-${++names}`
  log = []
  network = new StallingNetwork()
  const source = new LiveSource({ status: 'signedOut' })
  const logger = { log: (...parts: unknown[]) => void log.push(...parts), warn() {}, error() {}, logVerbose() {} }
  page = new LivePage({ url: await network.open(deployment.url) }, { tokenSource: source, lingerMs: 0, clientOptions: { logger } })
  source.signIn('ada')
})
afterEach(async () => {
  await page.close()
  await network.close()
  vi.unstubAllGlobals()
  await eventually(() => deployment.connections).toEqual([])
})

afterAll(() => deployment.close())

async function openTasks() {
  const result = page.run(() => ({
    counter: useConvexQuery(api.counters.get, { name }),
    user: useAuthedQuery(api.users.whoami),
    increment: useConvexMutation(api.counters.increment),
  }))
  await eventually(() => [result.counter.status.value, result.user.status.value]).toEqual(['success', 'success'])
  return result
}

function becomeOnline(): void {
  window.dispatchEvent(new (window as any).Event('online'))
}

const messages = (): string[] => deployment.log.filter(({ kind }) => kind !== 'socket').map(entry => entry.name)

describe('watchForStalls, with a deployment', () => {
  it('keeps a socket that works, and runs no function', async () => {
    const { counter } = await openTasks()
    await deployment.settled()
    const before = messages().length
    const { transitions } = countTransitions()
    becomeOnline()
    await eventually(transitions).toBe(1)
    becomeOnline()
    await eventually(transitions).toBe(2)
    expect(messages()).toHaveLength(before)
    expect(network.count).toBe(1)
    await deployment.mutation(api.counters.increment, { name })
    await eventually(() => counter.data.value).toBe(1)
    expect(page.convex.client.connectionState().connectionCount).toBe(1)
    expect(log).toEqual([])
  })

  it('replaces a socket that transports nothing, and sends its mutations again', async () => {
    const { counter, increment } = await openTasks()
    network.stall()
    const answer = increment.mutate({ name })
    await deployment.mutation(api.counters.increment, { name })
    becomeOnline()
    await answer
    await eventually(() => counter.data.value).toBe(2)
    expect(page.convex.client.connectionState().connectionCount).toBe(2)
    // A minute later, the client would have replaced the socket itself.
    expect(log).toContain('StalledSocket')
    expect(log).not.toContain('InactiveServer')
  })
})

/** Counts the transitions that the client of the page receives. */
function countTransitions() {
  let count = 0
  page.convex.client.client.addOnTransitionHandler(() => count++)
  return { transitions: () => count }
}
