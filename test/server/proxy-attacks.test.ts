import type { ConvexServerOptions } from 'convue/server'
import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createConvexServer } from 'convue/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectConsole } from '../support/environment/console-guard.ts'
import { serve } from '../support/live/serve.ts'
import { json, startUpstream } from '../support/scripted/scripted-upstream.ts'

/** The deployment. */
let upstream: ScriptedUpstream
/** A host that no request may reach. */
let elsewhere: ScriptedUpstream
let app: { url: string, close: () => Promise<void> }
beforeEach(async () => {
  [upstream, elsewhere] = await Promise.all([startUpstream(), startUpstream()])
  upstream.answer = elsewhere.answer = json({ ok: true })
  app = await serve(createServer().handler)
})
afterEach(async () => {
  expect(elsewhere.requests).toEqual([])
  await Promise.all([app.close(), upstream.close(), elsewhere.close()])
})

function createServer(options: Partial<ConvexServerOptions> = {}) {
  const server = createConvexServer({ convexUrl: upstream.url, convexSiteUrl: upstream.url, ...options })
  return { ...server, handler: (request: Request) => server.handler(request, { address: '127.0.0.1' }) }
}

/**
 * Sends exactly these bytes to the app, and returns the answer. No browser would send such bytes.
 */
async function sendRaw(...lines: string[]): Promise<{ status: number, answer: string }> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
  socket.write(lines.join('\r\n'))
  const answer = await text(socket)
  return { status: Number(answer.split(' ')[1]), answer }
}

/** Sends a GET with exactly this target, and returns the status of the answer. */
async function get(target: string, ...headers: string[]): Promise<number> {
  return (await sendRaw(`GET ${target} HTTP/1.1`, 'host: app.example.com', 'connection: close', ...headers, '', '')).status
}

const targets = (): string[] => upstream.requests.map(({ target }) => target)

describe('handler', () => {
  describe('a path outside the auth routes', () => {
    it.each([
      '/',
      '/api/query',
      '/api/authority',
      '/api/auth',
      '/API/AUTH/ok',
      '/api/auth/../query',
      '/api/auth/..',
      '/api/auth/a/../../query',
      '/api/auth/%2e%2e/query',
      '/api/auth/%2E./query',
      '/api/auth/.%2e/query',
      '/api/auth/..\\query',
      '/api/auth\\..\\query',
      '/api/auth/..%2fquery',
      '/api/auth/%2e%2e;/query',
      '/api/auth/..%5cquery',
      '/api/auth%2f..%2fquery',
      '/api/auth/%2f%2fevil.example',
      '/api/auth/%252e%252e/query',
      '/api/auth/%252e%252e%252fquery',
      '/api/auth//query',
      '/api/auth//evil.example/x',
      '//evil.example/api/query',
      '/\\evil.example/api/query',
      '/api/auth/ok%0d%0ax-injected:%201',
      '/api/auth/ok%00',
      '/api/auth/ok%7f',
      '/x/api/auth/ok',
      '/?/api/auth/ok',
      '/%61pi/auth/ok',
    ])('causes a 404 and no request upstream: %s', async (target) => {
      expect(await get(target)).toBe(404)
      expect(targets()).toEqual([])
    })
  })

  describe('a path inside the auth routes', () => {
    it.each([
      ['/api/auth/a/../ok', '/api/auth/ok'],
      ['/x/../api/auth/ok', '/api/auth/ok'],
      ['/api/auth/./ok', '/api/auth/ok'],
      ['/api/auth/.well-known/x.json', '/api/auth/.well-known/x.json'],
      ['/api/auth/...', '/api/auth/...'],
      ['/api/auth/ok?next=//evil.example/..%2f..', '/api/auth/ok?next=//evil.example/..%2f..'],
    ])('is forwarded after its dot segments have been resolved: %s', async (target, reached) => {
      expect(await get(target)).toBe(200)
      expect(targets()).toEqual([reached])
    })
  })

  describe('another host', () => {
    it('cannot be addressed by the target of a request', async () => {
      const { host } = new URL(elsewhere.url)
      for (const target of [`${elsewhere.url}/api/auth/ok`, `//${host}/api/auth/ok`])
        expect(await get(target)).toBe(200)
      for (const target of [`http://user@${host}/api/auth/ok`, `${elsewhere.url}/ok`, `/api/auth/${elsewhere.url}`, `/api/auth@${host}/ok`, `@${host}/api/auth/ok`])
        expect(await get(target)).toBeGreaterThanOrEqual(400)
      expect(targets()).toEqual(['/api/auth/ok', '/api/auth/ok'])
    })

    it('cannot be addressed by a header', async () => {
      const { host } = new URL(elsewhere.url)
      const names = ['forwarded: host=', 'x-forwarded-host: ', 'x-forwarded-server: ', 'x-original-url: http://', 'x-rewrite-url: http://', 'x-host: ']
      expect((await sendRaw('GET /api/auth/ok HTTP/1.1', `host: ${host}`, 'connection: close', ...names.map(name => name + host), '', '')).status).toBe(200)
      expect(upstream.requests[0]!.headers.host).toBe(new URL(upstream.url).host)
    })

    it('cannot be reached through a redirect of the deployment', async () => {
      upstream.answer = (_request, response) => void response.writeHead(307, { location: `${elsewhere.url}/api/auth/convex/token` }).end()
      const request = { headers: { cookie: 'better-auth.session_token=secret' } }
      expect(await get('/api/auth/ok', 'cookie: better-auth.session_token=secret')).toBe(307)
      const { getToken, getSession, fetchAuthQuery } = createServer().forRequest(new Request('https://app.example.com', request))
      const calls = await Promise.allSettled([getToken(), getSession(), fetchAuthQuery('a:b' as any)])
      expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    })
  })

  describe('another method', () => {
    it.each(['PUT', 'PATCH', 'DELETE', 'PROPFIND', 'PURGE'])('causes a 405 and no request upstream: %s', async (method) => {
      const response = await createServer().handler(new Request('https://app.example.com/api/auth/ok', { method }))
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, HEAD, OPTIONS'])
      expect(targets()).toEqual([])
    })

    it('cannot be requested by a header', async () => {
      await get('/api/auth/ok', 'x-http-method-override: DELETE')
      expect(upstream.requests[0]!.method).toBe('GET')
    })
  })

  describe('request smuggling', () => {
    it('is not possible with a request in a body, since the proxy writes the content-length', async () => {
      const smuggled = 'POST /api/auth/sign-out HTTP/1.1\r\nhost: x\r\n\r\n'
      await sendRaw('POST /api/auth/ok HTTP/1.1', 'host: app.example.com', 'connection: close', 'transfer-encoding: chunked', '', smuggled.length.toString(16), smuggled, '0', '', '')
      expect(upstream.requests).toHaveLength(1)
      expect(upstream.requests[0]).toMatchObject({ target: '/api/auth/ok', body: smuggled, headers: { 'content-length': String(smuggled.length) } })
      expect(upstream.requests[0]!.headers).not.toHaveProperty('transfer-encoding')
    })

    it('fails with a line break in a header, raw or encoded', async () => {
      expect(await get('/api/auth/ok', 'x-a: b\rx-injected: 1')).toBe(400)
      expect(targets()).toEqual([])
      for (const trustProxy of [true, { addressHeader: 'x-forwarded-for' }]) {
        const headers = { 'x-forwarded-host': 'a%0d%0ax-injected:1', 'x-forwarded-proto': 'https x-injected', 'x-forwarded-for': '1.2.3.4 x-injected' }
        await createServer({ trustProxy }).handler(new Request('https://app.example.com/api/auth/ok', { headers }))
        expect(JSON.stringify(upstream.requests.at(-1)!.headers)).not.toContain('injected')
        expectConsole(/CLIENT_ADDRESS_UNKNOWN/)
      }
    })

    it('fails with a cookie that is hidden in the name of another cookie', async () => {
      const cookie = 'app="; better-auth.x=1; "; __Secure-app=better-auth.y=2;better-auth.z'
      await createServer().handler(new Request('https://app.example.com/api/auth/ok', { headers: { cookie } }))
      expect(upstream.requests[0]!.headers.cookie).toBe('better-auth.x=1')
    })

    it('cannot make the proxy drop its own headers, although Connection names them', async () => {
      const headers = { 'connection': 'cookie, host, x-forwarded-proto, x-better-auth-forwarded-host, accept-encoding, x-secret', 'cookie': 'better-auth.a=1; app=secret', 'x-secret': 'secret' }
      await createServer().handler(new Request('https://app.example.com/api/auth/ok', { headers }))
      const seen = upstream.requests[0]!.headers
      expect(seen).toMatchObject({ 'host': new URL(upstream.url).host, 'x-forwarded-proto': 'https', 'x-better-auth-forwarded-host': 'app.example.com', 'accept-encoding': 'identity' })
      expect(JSON.stringify(seen)).not.toContain('secret')
    })
  })

  describe('an endless body over a socket', () => {
    it('causes a 413 while the client is still sending it', async () => {
      const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
      socket.on('error', () => {}) // The app closes the connection.
      socket.write('POST /api/auth/ok HTTP/1.1\r\nhost: app.example.com\r\ntransfer-encoding: chunked\r\n\r\n')
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
      const answered = new Promise<string>(resolve => socket.once('data', data => resolve(String(data))))
      for (let sent = 0; sent < 40; sent++)
        socket.write(chunk)
      expect(await answered).toMatch(/^HTTP\/1.1 413 /)
      expect(targets()).toEqual([])
      socket.destroy()
    })
  })
})
