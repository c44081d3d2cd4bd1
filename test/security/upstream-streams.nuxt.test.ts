import type { Socket } from 'node:net'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { useNuxtApp } from '../nuxt/fixture.ts'
import { eventually } from '../support/environment/eventually.ts'

const app = useNuxtApp()

/** Sends a GET over a connection of its own. */
function get(target: string, ...headers: string[]): Socket {
  const { port, host } = new URL(app.url)
  const socket = connect(Number(port), 'localhost')
  socket.on('error', () => {})
  const hosts = headers.some(header => header.startsWith('host:')) ? [] : [`host: ${host}`]
  socket.write([`GET ${target} HTTP/1.1`, ...hosts, ...headers, '', ''].join('\r\n'))
  return socket
}

/** An endless response that counts the bytes that are read. */
function endlessAnswer(part = new Uint8Array(2 ** 16)) {
  const read = { bytes: 0, isCancelled: false }
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      read.bytes += part.length
      controller.enqueue(part)
    },
    cancel() {
      read.isCancelled = true
    },
  })
  return { read, body }
}

/** The memory of the app's server, in bytes. */
function memory(): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(app.pid)])) * 1024
}

describe('an auth route of a Nuxt app', () => {
  it('stops reading the response of the deployment when the client disconnects', async () => {
    const answers: ReturnType<typeof endlessAnswer>[] = []
    app.intercept(() => {
      const answer = endlessAnswer()
      answers.push(answer)
      return new Response(answer.body)
    })
    const sockets = Array.from({ length: 100 }, () => get('/api/auth/stream'))
    await Promise.all(sockets.map(socket => once(socket, 'data')))
    expect(answers.map(({ read }) => read.isCancelled)).toEqual(Array.from({ length: 100 }).fill(false))
    for (const socket of sockets)
      socket.destroy()
    await eventually(() => answers.filter(({ read }) => !read.isCancelled).length).toBe(0)
    expect(app.log).not.toMatch(/error|ERR_/i)
  })

  it('aborts its request to the deployment if the client disconnects before the response', async () => {
    const signals: AbortSignal[] = []
    app.intercept(({ signal }) => {
      signals.push(signal)
      return new Promise(() => {})
    })
    const socket = get('/api/auth/ok')
    await eventually(() => signals.length).toBe(1)
    socket.destroy()
    await eventually(() => signals[0]!.aborted).toBe(true)
    expect(app.log).not.toMatch(/error|ERR_/i)
  })

  it('reads the response of the deployment only as fast as the client reads it', async () => {
    const { read, body } = endlessAnswer()
    app.intercept(() => new Response(body))
    const before = memory()
    const socket = get('/api/auth/stream')
    await once(socket, 'data')
    socket.pause()
    // The buffers of the connections fill up, and then reading stops.
    let bytes = -1
    while (bytes !== read.bytes) {
      bytes = read.bytes
      await new Promise(resolve => setTimeout(resolve, 300))
    }
    expect(bytes).toBeLessThan(64 * 2 ** 20)
    expect(memory() - before).toBeLessThan(64 * 2 ** 20)

    let received = 0
    socket.on('data', chunk => received += chunk.length)
    socket.resume()
    await eventually(() => received).toBeGreaterThan(bytes + 2 ** 24)
    socket.destroy()
    await eventually(() => read.isCancelled).toBe(true)
  })

  it('breaks off the connection to the client if the deployment breaks off its response', async () => {
    let breakOff = (): void => {}
    app.intercept(() => new Response(new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('first'))
        breakOff = () => controller.error(new Error('The deployment is gone.'))
      },
    })))
    const socket = get('/api/auth/stream')
    const [first] = await once(socket, 'data')
    expect(String(first)).toContain('200 OK')
    const rest = text(socket)
    breakOff()
    // A chunk of length 0 would mean that the response is complete.
    expect(await rest).not.toMatch(/(?:^|\r\n)0\r\n\r\n$/)
    app.intercept(() => undefined)
    expect((await app.get('/api/auth/ok')).status).toBe(200)
  })
})

describe('a page of a Nuxt app', () => {
  it('is rendered without an identity, in bounded memory, if get-session never stops sending', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    await app.get('/tasks', ada.cookie)
    const answers: ReturnType<typeof endlessAnswer>[] = []
    app.intercept(({ url }) => {
      if (!url.endsWith('/get-session'))
        return undefined
      const answer = endlessAnswer(new TextEncoder().encode('x'.repeat(2 ** 16)))
      answers.push(answer)
      return new Response(answer.body, { headers: { 'content-type': 'application/json' } })
    })
    const before = memory()
    const pages = await Promise.all(Array.from({ length: 5 }, () => app.get('/tasks', ada.cookie)))
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(pages.map(({ html }) => html).join()).not.toContain('Water the ferns</li>')
    await eventually(() => answers.filter(({ read }) => !read.isCancelled).length).toBe(0)
    expect(Math.max(...answers.map(({ read }) => read.bytes))).toBeLessThan(32 * 2 ** 20)
    expect(memory() - before).toBeLessThan(100 * 2 ** 20)
  })
})

describe('the Host header of a request', () => {
  it.each([
    '[evil',
    'evil example',
    'app.example.com:99999',
    'app.example.com:port',
    'app.example.com/path',
    'user@app.example.com',
    'app.example.com?x',
    'app.example.com#x',
    'app.example.com\\x',
    '%00',
  ])('causes status 400 for auth routes, pages and useConvexServer if it is invalid: %s', async (host) => {
    app.takeServerRequests()
    for (const target of ['/api/auth/ok', '/tasks', '/public', '/api/tasks']) {
      const answer = await text(get(target, `host: ${host}`, 'connection: close'))
      expect([target, answer.split('\r\n')[0]]).toEqual([target, 'HTTP/1.1 400 Bad Request'])
    }
    expect(app.takeServerRequests()).toEqual([])
    expect(app.log).not.toMatch(/unhandled|ERR_/i)
  })

  it.each(['localhost', 'app.example.com:8443', '127.0.0.1', '[::1]:3000', 'my_app'])('is accepted by auth routes and pages if it is valid: %s', async (host) => {
    for (const target of ['/api/auth/ok', '/public'])
      expect(await text(get(target, `host: ${host}`, 'connection: close'))).toMatch(/^HTTP\/1.1 200 /)
  })
})
