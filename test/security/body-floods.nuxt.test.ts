import type { BuiltApp } from '../nuxt/build-app.ts'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { buildApp } from '../nuxt/build-app.ts'
import { useNuxtApp } from '../nuxt/fixture.ts'
import { buildPreset } from '../nuxt/shared-build.ts'

/** The length of the body that a client sends, in bytes. */
const FLOOD_BYTES = 300 * 2 ** 20

/** The bytes that the server may accept, most of which are in the buffers of the two sockets. */
const MAX_ACCEPTED_BYTES = 40 * 2 ** 20
/** The memory that the server may use for such a body. */
const MAX_MEMORY_BYTES = 60 * 2 ** 20

/** Long, since other tests build apps at the same time. */
const BUILD_TIMEOUT_MS = 180_000

/** After an uncaught error, `node-server` continues, but `aws_amplify` ends. */
let amplify: BuiltApp
beforeAll(async () => {
  amplify = await buildApp({}, { env: { NITRO_PRESET: 'aws_amplify' } })
}, BUILD_TIMEOUT_MS)
afterAll(() => amplify?.remove())

describe.each([
  { preset: 'node-server', output: () => inject('nuxtOutput'), entry: 'server/index.mjs' },
  { preset: 'aws_amplify', output: () => amplify.output, entry: 'compute/default/server.js' },
])('an auth route of a Nuxt app built for $preset', ({ output, entry }) => {
  const app = useNuxtApp({ output, entry })

  /** Starts a request over a connection of its own. */
  function open(target: string, headers: string[], method = 'POST', body = '') {
    const { port, host } = new URL(app.url)
    const socket = connect(Number(port), 'localhost')
    // The server closes the connection while the client is sending.
    socket.on('error', () => {})
    const hasHost = headers.some(header => header.startsWith('host:'))
    socket.write([`${method} ${target} HTTP/1.1`, ...(hasHost ? [] : [`host: ${host}`]), ...headers, '', body].join('\r\n'))
    return socket
  }

  /** Sends a body for as long as the server accepts more bytes. */
  async function flood(target: string, { method = 'POST', headers = [] as string[], isChunked = false } = {}) {
    const socket = open(target, [isChunked ? 'transfer-encoding: chunked' : `content-length: ${FLOOD_BYTES}`, ...headers], method)
    let answer = ''
    socket.on('data', chunk => answer += chunk)
    const closed = once(socket, 'close').catch(() => {})
    const part = 'x'.repeat(2 ** 16)
    const piece = isChunked ? `10000\r\n${part}\r\n` : part
    let accepted = 0
    while (accepted < FLOOD_BYTES && !socket.destroyed) {
      if (!socket.write(piece))
        await Promise.race([closed, once(socket, 'drain').catch(() => {})])
      accepted = socket.bytesWritten
    }
    await closed
    return { status: Number(answer.split(' ')[1]), answer, accepted }
  }

  it.each([
    { what: 'a body whose content-length is too large', status: 413, target: '/api/auth/sign-in/email' },
    { what: 'an endless body', status: 413, target: '/api/auth/sign-in/email', isChunked: true },
    { what: 'the method DELETE', status: 405, target: '/api/auth/ok', method: 'DELETE' },
    { what: 'a path that two servers might read differently', status: 404, target: '/api/auth/..%2fquery' },
    { what: 'an invalid Host header', status: 400, target: '/api/auth/ok', headers: ['host: [evil'] },
    { what: 'a GET with a body', status: 200, target: '/api/auth/ok', method: 'GET' },
  ])('answers with $status to $what, stops reading the body and closes the connection', async ({ status, target, ...request }) => {
    await app.get('/api/auth/ok')
    const before = memoryOf(app.pid)
    const answered = await flood(target, request)
    expect(answered.status).toBe(status)
    expect(answered.answer).toMatch(/^connection: close\r$/im)
    expect(answered.accepted).toBeLessThan(MAX_ACCEPTED_BYTES)
    expect(memoryOf(app.pid) - before).toBeLessThan(MAX_MEMORY_BYTES)
    expect((await app.get('/api/auth/ok')).status).toBe(200)
    expect(app.log).not.toMatch(/error|ERR_/i)
  })

  it('survives a client that closes the connection in the middle of a body', async () => {
    app.takeServerRequests()
    const socket = open('/api/auth/sign-in/email', ['content-length: 1000'])
    socket.write('{"email":')
    await once(socket, 'ready')
    socket.destroy()
    expect((await app.get('/api/auth/ok')).status).toBe(200)
    expect(app.takeServerRequests()).toEqual(['GET /api/auth/ok'])
    expect(app.log).not.toMatch(/error|ERR_/i)
  })

  it('keeps the connection for the next request if the whole body has arrived', async () => {
    const socket = open('/api/auth/ok', ['content-length: 2'], 'DELETE', '{}')
    await once(socket, 'data')
    socket.write('GET /api/auth/ok HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 /m)
  })

  it('passes on a body that arrives in parts', async () => {
    const body = JSON.stringify({ name: 'Ada', email: 'parts@example.com', password: 'correct horse battery' })
    const { origin } = new URL(app.url)
    const headers = ['content-type: application/json', `origin: ${origin}`, 'connection: close', 'transfer-encoding: chunked']
    const socket = open('/api/auth/sign-up/email', headers)
    for (const part of body.match(/.{1,9}/g)!) {
      socket.write(`${part.length.toString(16)}\r\n${part}\r\n`)
      await new Promise(resolve => setImmediate(resolve))
    }
    socket.write('0\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 /)
  })
})

/** The functions of this host receive a `Request`, but no connection of Node. */
describe('an auth route of a Nuxt app built for netlify', () => {
  let netlify: string
  beforeAll(async () => {
    netlify = await buildPreset('netlify')
  })
  const host = fileURLToPath(new URL('../nuxt/netlify-host.ts', import.meta.url))
  const app = useNuxtApp({ output: () => netlify, entry: { host } })

  it('passes on responses, and refuses the same requests as with another preset', async () => {
    const ada = await app.signUp('Ada')
    expect((await app.get('/api/me', ada.cookie)).html).toContain('Ada')
    const send = async (path: string, init: RequestInit): Promise<number> => (await fetch(app.url + path, init)).status
    expect(await send('/api/auth/sign-in/email', { method: 'POST', body: 'x'.repeat(2 ** 21) })).toBe(413)
    expect(await send('/api/auth/ok', { method: 'DELETE', body: 'x' })).toBe(405)
    expect(await send('/api/auth/..%2fquery', { method: 'POST', body: 'x' })).toBe(404)
  })

  it('warns once, when it starts, that the address of a client is unknown', async () => {
    await app.get('/api/auth/ok')
    const [warning = ''] = app.log.split('\n').filter(line => line.includes('CLIENT_ADDRESS_UNKNOWN'))
    expect(warning).toContain('with the preset netlify')
    expect(app.log.match(/with the preset/g)).toHaveLength(1)
  })
})

/** The memory of a process, in bytes. */
function memoryOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)])) * 1024
}
