import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

/** Forwards the sockets of a page to a deployment, and loses the messages that the test chooses. */
export interface CutNetwork {
  url: string
  /**
   * From now on, only this many mutations reach the deployment, and nothing reaches the page. `null`
   * loses nothing more, and closes the sockets that have lost messages.
   */
  cutAfter: (mutations: number | null) => void
  close: () => Promise<void>
}

export async function startCutNetwork(deploymentUrl: string): Promise<CutNetwork> {
  let mutationsLeft: number | null = null
  const server = createServer()
  const pages = new WebSocketServer({ server })
  /** The sockets of which no further message reaches the deployment. */
  const cut = new Set<WebSocket>()
  /** The sockets that have not received all messages of the deployment. */
  const lossy = new Set<WebSocket>()

  pages.on('connection', (page, { url }) => {
    const upstream = new WebSocket(deploymentUrl.replace(/^http/, 'ws') + url)
    const opened = once(upstream, 'open')
    page.on('message', async (data) => {
      const message = data.toString()
      if (mutationsLeft !== null && JSON.parse(message).type === 'Mutation') {
        if (mutationsLeft === 0)
          cut.add(page)
        mutationsLeft = Math.max(0, mutationsLeft - 1)
      }
      if (cut.has(page))
        return
      await opened
      upstream.send(message)
    })
    upstream.on('message', (data) => {
      if (mutationsLeft === null)
        page.send(data.toString())
      else
        lossy.add(page)
    })
    page.on('close', () => upstream.close())
    upstream.on('close', () => page.close())
    upstream.on('error', () => page.close())
    page.on('error', () => upstream.close())
  })

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    cutAfter(mutations) {
      mutationsLeft = mutations
      if (mutations !== null)
        return
      for (const page of [...cut, ...lossy])
        page.terminate()
      cut.clear()
      lossy.clear()
    },
    async close() {
      for (const page of pages.clients)
        page.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}
