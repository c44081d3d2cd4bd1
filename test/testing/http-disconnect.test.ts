import type { AddressInfo, Socket } from 'node:net'
import type { HttpHost } from '../../src/testing/server/http.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deferred } from '../../src/testing/functions/deferred.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { createSiteHandler } from '../../src/testing/server/http.ts'
import { createFunctions } from './functions-folder.ts'

interface EndlessReply {
  /** The connection of a client that has sent a request. */
  client: Socket
  /** Resolves when the deployment has seen that the client has disconnected. */
  disconnected: Promise<unknown>
  /** Lets the action respond. */
  respond: () => void
  /** Resolves when the body has been cancelled. */
  cancelled: Promise<void>
}

/** A request to a site port whose action responds with a body that never ends. */
async function requestEndlessBody(): Promise<EndlessReply> {
  const cancelled = deferred<void>()
  const arrived = deferred<void>()
  const responding = deferred<void>()
  const body = new ReadableStream<Uint8Array>({
    start: controller => controller.enqueue(new TextEncoder().encode('first')),
    cancel: () => cancelled.resolve(),
  })
  const http = async (): Promise<object> => {
    arrived.resolve()
    await responding.promise
    return { status: 200, headers: [], body }
  }
  const host = { runtime: async () => ({ http }) } as unknown as HttpHost
  const server = createServer(createSiteHandler(host)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const connection = once(server, 'connection')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void client.destroy())
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [socket] = await connection as [Socket]
  await arrived.promise
  return { client, disconnected: once(socket, 'close'), respond: responding.resolve, cancelled: cancelled.promise }
}

describe('a client that disconnects from an HTTP action', () => {
  it('cancels a streamed body at once, although no further part is sent', async () => {
    const { client, respond, cancelled } = await requestEndlessBody()
    respond()
    await once(client, 'data')

    client.destroy()
    await expect(cancelled).resolves.toBeUndefined()
  })

  it('cancels the body of a function that responds only afterwards', async () => {
    const { client, disconnected, respond, cancelled } = await requestEndlessBody()
    client.destroy()
    await disconnected

    respond()
    await expect(cancelled).resolves.toBeUndefined()
  })

  it('ends the function, so that its timers no longer fire', async () => {
    const functions = await createFunctions({
      'beats.ts': `
        import { mutationGeneric, queryGeneric } from 'convex/server'
        export const beat = mutationGeneric(ctx => ctx.db.insert('beats', {}))
        export const count = queryGeneric(async ctx => (await ctx.db.query('beats').collect()).length)`,
      'http.ts': `
        import { anyApi, httpActionGeneric, httpRouter } from 'convex/server'
        const http = httpRouter()
        http.route({ path: '/stream', method: 'GET', handler: httpActionGeneric(async ctx => new Response(new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('first'))
            setInterval(() => ctx.runMutation(anyApi.beats.beat), 1000)
          },
        }))) })
        export default http`,
    })
    const deployment = await startDeployment({ functions })
    onTestFinished(() => deployment.close())
    const { beats } = anyApi as Record<string, any>
    const countBeats = async (): Promise<number> => {
      const before = await deployment.query(beats.count, {})
      for (let second = 0; second < 5; second++) {
        await deployment.advanceClock(1000)
        await deployment.query(beats.count, { second })
        await deployment.settled()
      }
      return await deployment.query(beats.count, {}) - before
    }
    const controller = new AbortController()
    const response = await fetch(`${deployment.siteUrl}/stream`, { signal: controller.signal })
    await response.body!.getReader().read()
    await expect.poll(countBeats).toBeGreaterThan(2)

    controller.abort()
    await expect.poll(countBeats).toBe(0)
  })
})
