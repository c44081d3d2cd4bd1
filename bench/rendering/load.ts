import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { text } from 'node:stream/consumers'

/**
 * Requests a page repeatedly on `connections` connections, each as soon as its previous response
 * has arrived. Returns the responses per second.
 */
export async function load(url: string, cookie: string, { connections, durationMs }: { connections: number, durationMs: number }): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  let pages = 0
  const begin = performance.now()
  await Promise.all(Array.from({ length: connections }, async () => {
    while (performance.now() - begin < durationMs) {
      await fetchPage(url, cookie, agent)
      pages++
    }
  }))
  const rate = pages / (performance.now() - begin) * 1_000
  agent.destroy()
  return rate
}

/** Fetches a page. Throws unless the status is 200. */
export async function fetchPage(url: string, cookie: string, agent?: Agent): Promise<string> {
  const [response] = await once(get(url, { agent, headers: { accept: 'text/html', ...(cookie ? { cookie } : {}) } }), 'response')
  const html = await text(response)
  if (response.statusCode !== 200)
    throw new Error(`${url} answered ${response.statusCode}: ${html.slice(0, 500)}`)
  return html
}
