import type { IncomingMessage, ServerResponse } from 'node:http'
import { Buffer } from 'node:buffer'
import { request as send } from 'node:http'

/** A fault of one request between a page and its server. */
export type HttpFault
  /** The proxy answers the request itself. The server does not receive it. */
  = | { kind: 'answer', status: number, headers?: Record<string, string>, body?: string }
    /** The server processes the request, but its response is replaced by this one. */
    | { kind: 'replace', status: number, headers?: Record<string, string>, body?: string }
    /**
     * The connection breaks: before the server receives the request, before the response, or in the
     * middle of the response.
     */
    | { kind: 'cut', when: 'before' | 'after' | 'middle' }
    /**
     * The connection is accepted, but the request is never answered. The server does not receive
     * it.
     */
    | { kind: 'halfOpen' }
    /** The response is delayed by `ms` milliseconds. */
    | { kind: 'delay', ms: number }
    /**
     * The server processes the request at once. Its response arrives after the next response to
     * another request, or when all faults end.
     */
    | { kind: 'overtaken' }

/** The HTML page of a firewall or a proxy, with any status. */
export function html(status: number): HttpFault {
  return { kind: 'answer', status, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Nothing to see</title>' }
}

interface Answer { status: number, headers: [string, string][], body: Buffer }

/**
 * Forwards a request to `upstream`, and the response to the page, or applies `fault`. `overtaken`
 * resolves when the response to an overtaken request may be sent.
 */
export async function carry(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: string,
  fault: HttpFault | null,
  overtaken: () => Promise<void>,
): Promise<void> {
  const { socket } = request
  // The body is read even if the server does not receive it: its sender would otherwise wait.
  const body = await readAll(request).catch(() => null)
  if (!body)
    return
  switch (fault?.kind) {
    case 'answer':
      return reply(response, { status: fault.status, headers: Object.entries(fault.headers ?? {}), body: Buffer.from(fault.body ?? '') })
    case 'halfOpen':
      return
    case 'cut':
      if (fault.when === 'before')
        return void socket.resetAndDestroy()
  }
  const answer = await ask(request, body, upstream).catch(() => null)
  // If the server has closed the connection without a response, the proxy does the same.
  if (!answer)
    return void socket.destroy()
  switch (fault?.kind) {
    case 'replace':
      return reply(response, { status: fault.status, headers: Object.entries(fault.headers ?? {}), body: Buffer.from(fault.body ?? '') })
    case 'cut':
      if (fault.when === 'after')
        return void socket.resetAndDestroy()
      response.writeHead(answer.status, [...answer.headers, ['content-length', String(answer.body.length)]].flat())
      return void response.write(answer.body.subarray(0, answer.body.length / 2), () => socket.destroy())
    case 'delay':
      await new Promise(resolve => setTimeout(resolve, fault.ms))
      break
    case 'overtaken':
      await overtaken()
  }
  reply(response, answer)
}

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, [...headers, ['content-length', String(body.length)]].flat())
  response.end(body)
}

async function ask(request: IncomingMessage, body: Buffer, upstream: string): Promise<Answer> {
  const { host } = new URL(upstream)
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = send(new URL(request.url!, upstream), { method: request.method, headers: { ...request.headers, host, connection: 'close' } }, resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
  const headers = pairs(incoming.rawHeaders).filter(([name]) => !['connection', 'keep-alive', 'transfer-encoding', 'content-length'].includes(name.toLowerCase()))
  return { status: incoming.statusCode!, headers, body: await readAll(incoming) }
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>)
    chunks.push(chunk)
  return Buffer.concat(chunks)
}

function pairs(list: string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, index) => [list[2 * index]!, list[2 * index + 1]!])
}
