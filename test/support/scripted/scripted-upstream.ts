/** A server upstream of the app's server, with scripted answers. */
import type { Buffer } from 'node:buffer'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'

/** A request as it was received. */
export interface SeenRequest {
  method: string
  /** Path and query, exactly as they were sent. */
  target: string
  headers: IncomingHttpHeaders
  /** Names and values alternately, exactly as they were sent. */
  rawHeaders: string[]
  body: string
}

type Answer = (request: SeenRequest, response: ServerResponse, incoming: IncomingMessage) => void | Promise<void>

/** A server that answers as a test defines, and records the requests that it receives. */
export interface ScriptedUpstream {
  url: string
  requests: SeenRequest[]
  /** The answer to all further requests. By default, a 404. */
  answer: Answer
  close: () => Promise<void>
}

export async function startUpstream(): Promise<ScriptedUpstream> {
  const requests: SeenRequest[] = []
  const script: Pick<ScriptedUpstream, 'answer'> = { answer: (_request, response) => void response.writeHead(404).end() }
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming)
      chunks.push(chunk)
    const request = {
      method: incoming.method!,
      target: incoming.url!,
      headers: incoming.headers,
      rawHeaders: incoming.rawHeaders,
      body: chunks.map(String).join(''),
    }
    requests.push(request)
    await script.answer(request, response, incoming)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(script, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  })
}

/** Answers with JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string | string[]> = {}): Answer {
  return (_request, response) => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** Answers with a page, like a firewall. */
export function page(status: number, text = '<!doctype html><title>Just a moment...</title>'): Answer {
  return (_request, response) => void response.writeHead(status, { 'content-type': 'text/html' }).end(text)
}
