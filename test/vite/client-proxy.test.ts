import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { EmbeddedDeployment } from '../../src/dev/embedded-deployment.ts'
import { once } from 'node:events'
import { createServer, request as sendRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createClientProxy } from '../../src/dev/client-proxy.ts'
import { eventually } from '../support/environment/eventually.ts'

/** The requests that have reached the deployment: the method, the path, the host and the body. */
let received: string[]
/** The port of a server of pages, in front of a deployment. */
let port: number
let stopDeployment: () => Promise<unknown>
/** The sockets of pages, which have listeners of their server already. */
let pages: Duplex[]

beforeEach(async () => {
  received = []
  pages = []
  const deployment = createServer(async (request, response) => {
    received.push(`${request.method} ${request.url} ${request.headers.host} ${await text(request)}`)
    response.writeHead(201, { 'x-answer': 'yes' }).end('answer')
  })
  const sockets = new WebSocketServer({ noServer: true })
  deployment.on('upgrade', (request, socket, head) => {
    if (request.headers.origin === 'http://evil.test')
      return socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
    received.push(`UPGRADE ${request.url}`)
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', data => String(data) === 'end' ? client.terminate() : client.send(`echo ${data}`))
      client.on('close', () => received.push('CLOSED'))
    })
  })
  const deploymentPort = await listen(deployment)
  const proxy = createClientProxy({ url: `http://127.0.0.1:${deploymentPort}` } as EmbeddedDeployment)
  const server = createServer(proxy.handler)
  server.on('upgrade', (request, socket, head) => {
    pages.push(socket)
    if (!proxy.upgrade(request, socket, head))
      socket.end('HTTP/1.1 418 Not a client\r\nconnection: close\r\n\r\n')
  })
  port = await listen(server)
  stopDeployment = async () => await new Promise(resolve => deployment.close(resolve))
})

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const open = new Set<Socket>()
  server.on('connection', socket => open.add(socket))
  onTestFinished(() => {
    open.forEach(socket => socket.destroy())
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Sends the path unchanged, unlike `fetch`. */
async function send(path: string, method = 'POST', body = ''): Promise<{ status: number | undefined, body: string, answer: unknown }> {
  const request = sendRequest({ host: '127.0.0.1', port, path, method, headers: { host: 'device.test' }, agent: false })
  request.end(body)
  const [response] = await once(request, 'response')
  return { status: response.statusCode, body: await text(response), answer: response.headers['x-answer'] }
}

function open(path: string, origin: string): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}${path}`, { origin })
}

describe('createClientProxy', () => {
  it('passes requests of clients on, with the name of this machine', async () => {
    expect(await send('/__convue/deployment/api/query', 'POST', '{}')).toEqual({ status: 201, body: 'answer', answer: 'yes' })
    await send('/__convue/deployment/api/storage/upload?token=1', 'POST', 'content')
    expect(received.map(line => line.replace(/:\d+/, ''))).toEqual([
      'POST /api/query 127.0.0.1 {}',
      'POST /api/storage/upload?token=1 127.0.0.1 content',
    ])
  })

  it.each([
    '/__convue/deployment/api/function',
    '/__convue/deployment/api/storage/../function',
    '/__convue/deployment/api/storage/%2e%2e/function',
    '/__convue/deployment',
    '/api/query',
  ])('refuses other paths: %s', async (path) => {
    expect((await send(path)).status).toBe(404)
    expect(received).toEqual([])
  })

  it('answers with 502 while the deployment does not run', async () => {
    await stopDeployment()
    expect((await send('/__convue/deployment/api/query')).status).toBe(502)
  })

  it('connects the socket of a client in both directions', async () => {
    const socket = open('/__convue/deployment/api/1.48.0/sync', 'http://device.test')
    await once(socket, 'open')
    socket.send('hello')
    const [message] = await once(socket, 'message')
    expect(String(message)).toBe('echo hello')
    expect(received).toEqual(['UPGRADE /api/1.48.0/sync'])
  })

  it('adds few listeners to the socket of a page, so that Node warns of no leak', async () => {
    const socket = open('/__convue/deployment/api/1.48.0/sync', 'http://device.test')
    await once(socket, 'open')
    // Node warns of more than ten listeners, and servers of pages add some of their own.
    expect(pages.every(page => page.listenerCount('close') <= 4)).toBe(true)
  })

  it('ends the connection on both sides if one of them ends it', async () => {
    const socket = open('/__convue/deployment/api/1.48.0/sync', 'http://device.test')
    await once(socket, 'open')
    socket.send('end')
    await once(socket, 'close')
    const other = open('/__convue/deployment/api/1.48.0/sync', 'http://device.test')
    await once(other, 'open')
    other.terminate()
    await eventually(() => received.filter(line => line === 'CLOSED').length).toBe(2)
  })

  it.each([
    ['a page of another origin with the answer of the deployment', '/__convue/deployment/api/1.48.0/sync', 'http://evil.test', '403'],
    ['a socket that is not of a client', '/other', 'http://device.test', '418'],
  ])('refuses %s', async (_, path, origin, status) => {
    const [error] = await once(open(path, origin), 'error').then(events => events, (error: Error) => [error])
    expect((error as Error).message).toContain(status)
  })
})
