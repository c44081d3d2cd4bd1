import type { Deployment } from '../../src/testing/index.ts'
import { once } from 'node:events'
import { ConvexClient } from 'convex/browser'
import { makeFunctionReference } from 'convex/server'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startDeployment } from '../../src/testing/index.ts'
import { add, RawClient } from './raw-client.ts'
import { startApp } from './start-app.ts'

const BLOBS = `
import { actionGeneric, mutationGeneric, queryGeneric } from 'convex/server'
export const text = queryGeneric((_ctx, { length, part }) => part.repeat(length / part.length))
export const nothing = mutationGeneric(() => null)
export const wait = actionGeneric(() => new Promise(resolve => setTimeout(resolve, 60_000)))
export const fails = queryGeneric(() => { console.log('a line'); throw new Error('hidden message') })
`

let folder: string
let deployment: Deployment
beforeAll(async () => {
  const app = await startApp({ 'blobs.ts': BLOBS });
  ({ deployment, folder } = app)
  return app.close
})

describe('a transition', () => {
  const text = makeFunctionReference<'query', { length: number, part: string }, string>('blobs:text')

  it('is sent in parts if it has more than 5 MB', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'blobs:text', { length: 12_000_000, part: 'x' }))
    const first = await client.nextOf('TransitionChunk')
    expect(first).toMatchObject({ partNumber: 0, totalParts: 3, transitionId: expect.any(String) })
    const others = [await client.nextOf('TransitionChunk'), await client.nextOf('TransitionChunk')]
    expect(others.map(({ partNumber }) => partNumber)).toEqual([1, 2])
    const transition = JSON.parse([first, ...others].map(({ chunk }) => chunk).join(''))
    expect(transition).toMatchObject({ type: 'Transition', modifications: [{ type: 'QueryUpdated', queryId: 1 }] })
    expect(transition.modifications[0].value).toHaveLength(12_000_000)
  })

  // The characters of the second part are pairs of code units, which must not be split.
  it.each(['x', '🙂a'])('is put together from its parts by the official client: %s', async (part) => {
    const client = new ConvexClient(deployment.url, { webSocketConstructor: WebSocket as never })
    const length = 8_999_999 - (8_999_999 % part.length)
    expect(await client.query(text, { length, part })).toBe(part.repeat(length / part.length))
    await client.close()
  })

  it('is one message if it has less than 5 MB', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'blobs:text', { length: 4_000_000, part: 'x' }))
    expect(await client.next()).toMatchObject({ type: 'Transition' })
  })
})

describe('a socket', () => {
  it('is pinged', async () => {
    const socket = new WebSocket(`${deployment.url.replace('http', 'ws')}/api/1.48.0/sync`)
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    await once(socket, 'ping')
  })

  it('is closed with RateLimited above 1,000 actions without an answer', async () => {
    const client = await RawClient.open(deployment.url)
    for (let requestId = 0; requestId <= 1_000; requestId++)
      client.send({ type: 'Action', requestId, udfPath: 'blobs:wait', args: [{}] })
    expect(await client.closed).toEqual({ code: 1013, reason: 'RateLimited' })
  })

  it('answers up to 1,000 mutations that are sent at once', async () => {
    const client = await RawClient.open(deployment.url)
    for (let requestId = 0; requestId < 1_000; requestId++)
      client.mutate(requestId, 'blobs:nothing', {})
    for (let requestId = 0; requestId < 1_000; requestId++)
      expect(await client.nextOf('MutationResponse')).toMatchObject({ requestId, success: true })
  })
})

describe('errors: production', () => {
  it('shows neither message nor console lines to a socket', async () => {
    const production = await startDeployment({ functions: folder, errors: 'production' })
    const client = await RawClient.open(production.url)
    client.modify(0, add(1, 'blobs:fails'))
    const { modifications } = await client.nextOf('Transition')
    expect(modifications).toEqual([{
      type: 'QueryFailed',
      queryId: 1,
      errorMessage: expect.stringMatching(/^\[Request ID: [0-9a-f]{16}\] Server Error$/),
      logLines: [],
      journal: null,
    }])
    await production.close()
  })
})
