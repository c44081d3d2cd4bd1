import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Deployment } from '../../src/testing/index.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { FlightLog } from '../../test/support/live/flight-log.ts'

interface Answer { status: number, headers: OutgoingHttpHeaders, body: string }

/**
 * A proxy in front of a deployment that answers repeated requests from memory, so that a benchmark
 * measures the app's server and not the deployment.
 */
export class RecordedDeployment {
  readonly log = new FlightLog()
  /** How long each response takes, in milliseconds. */
  answerMs = 0
  /** The largest number of simultaneous requests since `log` was cleared. */
  mostAtOnce = 0
  #open = 0
  readonly #deployment: Deployment
  readonly #answers = new Map<string, Answer>()
  readonly #server = createServer(async (incoming, outgoing) => {
    const { status, headers, body } = await this.#answer(incoming)
    outgoing.writeHead(status, headers).end(body)
  })

  constructor(deployment: Deployment) {
    this.#deployment = deployment
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  clear(): void {
    this.log.clear()
    this.mostAtOnce = 0
  }

  async #answer(incoming: IncomingMessage): Promise<Answer> {
    const { flight } = this.log.send(`${incoming.method} ${incoming.url}`)
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#open)
    const { authorization, cookie } = incoming.headers
    const body = await text(incoming)
    const key = [incoming.method, incoming.url, authorization, cookie, body].join('\n')
    if (this.answerMs > 0)
      await delay(this.answerMs)
    let answer = this.#answers.get(key)
    if (!answer)
      this.#answers.set(key, answer = await this.#ask(incoming, body))
    this.#open--
    this.log.receive(flight)
    return answer
  }

  async #ask({ method, url, headers }: IncomingMessage, body: string): Promise<Answer> {
    const { url: cloud, siteUrl } = this.#deployment
    const { 'content-type': type = '', authorization = '', cookie = '', origin = '' } = headers
    const response = await fetch((url!.startsWith('/api/auth/') ? siteUrl : cloud) + url, {
      method: method!,
      headers: { 'content-type': type, ...(authorization && { authorization }), ...(origin && { origin }), cookie },
      ...(method === 'POST' ? { body } : {}),
    })
    return {
      status: response.status,
      headers: { 'content-type': response.headers.get('content-type')!, 'set-cookie': response.headers.getSetCookie() },
      body: await response.text(),
    }
  }
}
