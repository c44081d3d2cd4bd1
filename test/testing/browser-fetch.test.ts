import type { AddressInfo } from 'node:net'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { createBrowserFetch } from '../../src/testing/browser-fetch.ts'

/** The URL of a server that sends the headers of a response, and only the first part of its body. */
async function startSlowServer(): Promise<string> {
  const server = createServer((_request, response) => void response.writeHead(200).write('first part'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it('createBrowserFetch rejects when a request is aborted while the response body arrives', async () => {
  const url = await startSlowServer()
  const controller = new AbortController()
  const fetching = createBrowserFetch({ origin: url })(url, { signal: controller.signal })
  // Node publishes the response when its headers have arrived.
  const abortLater = (): void => void setImmediate(() => controller.abort())
  subscribe('http.client.response.finish', abortLater)
  onTestFinished(() => void unsubscribe('http.client.response.finish', abortLater))
  await expect(fetching).rejects.toThrow('aborted')
})
