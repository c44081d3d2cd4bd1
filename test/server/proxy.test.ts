import type { ConvexServerOptions } from 'convue/server'
import type { ScriptedUpstream, SeenRequest } from '../support/scripted/scripted-upstream.ts'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { createConvexServer } from 'convue/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { storeKey } from '../../src/shared/store-key.ts'
import { expectConsole } from '../support/environment/console-guard.ts'
import { eventually } from '../support/environment/eventually.ts'
import { bindingOf } from '../support/live/auth-cookies.ts'
import { serve } from '../support/live/serve.ts'
import { json, startUpstream } from '../support/scripted/scripted-upstream.ts'

const APP = 'https://app.example.com'

let upstream: ScriptedUpstream
beforeEach(async () => {
  upstream = await startUpstream()
  upstream.answer = json({ ok: true })
})
afterEach(async () => {
  vi.useRealTimers()
  await upstream.close()
})

function createServer(options: Partial<ConvexServerOptions> = {}) {
  const server = createConvexServer({ convexUrl: upstream.url, convexSiteUrl: upstream.url, ...options })
  return { ...server, handler: (request: Request) => server.handler(request, { address: '127.0.0.1' }) }
}

function send(path: string, init: RequestInit = {}, options: Partial<ConvexServerOptions> = {}): Promise<Response> {
  return createServer(options).handler(new Request(APP + path, init))
}

/** The request that the deployment receives for a GET with these headers. */
async function forward(headers: Record<string, string>, options: Partial<ConvexServerOptions> = {}): Promise<SeenRequest> {
  await send('/api/auth/get-session', { headers }, options)
  return upstream.requests.at(-1)!
}

describe('handler', () => {
  it('forwards path and query unchanged', async () => {
    await send('/api/auth/callback/git%20hub;v=1?code=a%2Fb%0d%0a&state=%E2%9C%93&x=1&x=2&url=https://other.example/..')
    expect(upstream.requests[0]!.target).toBe('/api/auth/callback/git%20hub;v=1?code=a%2Fb%0d%0a&state=%E2%9C%93&x=1&x=2&url=https://other.example/..')
  })

  it.each(['GET', 'POST', 'HEAD', 'OPTIONS'])('forwards the method %s', async (method) => {
    expect((await send('/api/auth/ok', { method })).status).toBe(200)
    expect(upstream.requests.map(({ method }) => method)).toEqual([method])
  })

  it('forwards the body of the request', async () => {
    await send('/api/auth/sign-in/email', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"Ädä"}' })
    expect(upstream.requests[0]).toMatchObject({ body: '{"name":"Ädä"}', headers: { 'content-type': 'application/json', 'content-length': '16' } })
  })

  it('keeps the status and the body of any answer', async () => {
    for (const status of [200, 201, 400, 401, 403, 404, 422, 429, 500, 503]) {
      upstream.answer = json({ code: `S${status}` }, status, { 'retry-after': '7' })
      const response = await send('/api/auth/ok')
      expect([response.status, await response.json(), response.headers.get('retry-after')]).toEqual([status, { code: `S${status}` }, '7'])
    }
  })

  it('passes on an answer without a body', async () => {
    for (const status of [204, 304]) {
      upstream.answer = (_request, response) => void response.writeHead(status).end()
      const response = await send('/api/auth/ok')
      expect([response.status, response.body]).toEqual([status, null])
    }
  })

  it('keeps every Set-Cookie with its attributes', async () => {
    const cookies = [
      '__Secure-better-auth.session_token=a.b%3D; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax',
      '__Secure-better-auth.convex_jwt=c; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax',
      'other=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Domain=example.com; Partitioned',
    ]
    upstream.answer = json({}, 200, { 'set-cookie': cookies })
    expect((await send('/api/auth/sign-in/email', { method: 'POST', body: '{}' })).headers.getSetCookie()).toEqual([
      ...cookies,
      `__Secure-better-auth.convex_jwt_binding=${bindingOf('__Secure-better-auth.session_token=a.b%3D', 'c')}; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax`,
      `__Secure-better-auth.convue_store_key=${await storeKey('a')}; Max-Age=604800; Path=/; Secure; SameSite=Lax`,
    ])
  })

  it('passes a redirect on without following it', async () => {
    upstream.answer = (_request, response) => void response.writeHead(302, { 'location': 'https://github.com/login?state=1', 'set-cookie': 'better-auth.state=1' }).end()
    const response = await send('/api/auth/sign-in/social')
    expect([response.status, response.headers.get('location'), response.headers.getSetCookie()]).toEqual([302, 'https://github.com/login?state=1', ['better-auth.state=1']])
    expect(upstream.requests).toHaveLength(1)
  })

  it.each([['gzip', gzipSync], ['br', brotliCompressSync]] as const)('decompresses an answer with the encoding %s, although the request accepts no encoding', async (encoding, pack) => {
    const text = 'a long text '.repeat(1000)
    upstream.answer = (request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity')
      const packed = pack(text)
      response.writeHead(200, { 'content-encoding': encoding, 'content-length': packed.length }).end(packed)
    }
    const app = await serve(createServer().handler)
    const response = await fetch(`${app.url}/api/auth/ok`, { headers: { 'accept-encoding': 'gzip, br' } })
    expect(await response.text()).toBe(text)
    expect(response.headers.get('content-encoding')).toBeNull()
    await app.close()
  })

  it('keeps the content-length of an answer that is not compressed', async () => {
    upstream.answer = (_request, response) => void response.writeHead(200, { 'content-length': 2 }).end('ok')
    expect((await send('/api/auth/ok')).headers.get('content-length')).toBe('2')
  })

  it('sets no time limit after the answer has begun', async () => {
    vi.useFakeTimers()
    let signal: AbortSignal | null | undefined
    const beginning: typeof fetch = async (_input, init) => {
      signal = init?.signal
      return new Response(new ReadableStream())
    }
    await send('/api/auth/stream', {}, { fetch: beginning })
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(3_600_000)
    expect(signal!.aborted).toBe(false)
  })

  it('streams the answer', async () => {
    let goOn = (): void => {}
    upstream.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('first')
      goOn = () => response.end('second')
    }
    const app = await serve(createServer().handler)
    const reader = (await fetch(`${app.url}/api/auth/stream`)).body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('first')
    goOn()
    expect((await reader.read()).value).toBe('second')
    await app.close()
  })

  it('ends the request to the deployment when the client disconnects', async () => {
    let isClosed = false
    upstream.answer = (_request, response) => {
      response.once('close', () => isClosed = true)
      response.writeHead(200).write('first')
    }
    const app = await serve(createServer().handler)
    const leave = new AbortController()
    const response = await fetch(`${app.url}/api/auth/stream`, { signal: leave.signal })
    await response.body!.getReader().read()
    expect(isClosed).toBe(false)
    leave.abort()
    await eventually(() => isClosed).toBe(true)
    await app.close()
  })

  it('keeps the answer out of caches, and adds Cookie to its Vary header', async () => {
    upstream.answer = json({}, 200, { 'cache-control': 'public, max-age=3600', 'vary': 'Origin' })
    const { headers } = await send('/api/auth/get-session')
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(headers.get('vary')).toBe('Origin, Cookie')
  })

  describe('request headers', () => {
    it('are passed on if they are end-to-end headers', async () => {
      const headers = {
        'accept': 'application/json',
        'accept-language': 'de',
        'authorization': 'Bearer session',
        'origin': APP,
        'referer': `${APP}/login`,
        'sec-fetch-site': 'same-origin',
        'user-agent': 'Browser/1',
        'x-captcha-response': 'solved',
      }
      expect((await forward(headers)).headers).toMatchObject(headers)
    })

    it('contain neither hop-by-hop headers nor the headers that Connection names', async () => {
      const { rawHeaders } = await forward({
        'connection': 'close, X-Secret, x-Other',
        'expect': '100-continue',
        'keep-alive': 'timeout=5',
        'proxy-authorization': 'Basic c2VjcmV0',
        'proxy-connection': 'keep-alive',
        'te': 'trailers',
        'trailer': 'x-t',
        'transfer-encoding': 'chunked',
        'upgrade': 'h2c',
        'x-other': 'secret',
        'x-secret': 'secret',
        'x-kept': 'yes',
      })
      const names = rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase())
      expect(names).toContain('x-kept')
      expect(names.filter(name => /^(?:expect|proxy-.*|te|trailer|transfer-encoding|upgrade|x-secret|x-other)$/.test(name))).toEqual([])
      expect(rawHeaders.join()).not.toMatch(/x-secret|x-other|timeout=5/i)
    })

    it('contain neither headers that a hosting provider adds nor forged headers of a proxy', async () => {
      const { headers } = await forward({
        'cf-connecting-ip': '203.0.113.9',
        'cf-ray': 'secret',
        'cdn-loop': 'cloudflare',
        'fly-client-ip': '203.0.113.9',
        'forwarded': 'for=203.0.113.9;host=evil.example',
        'true-client-ip': '203.0.113.9',
        'via': '1.1 secret',
        'x-amzn-oidc-data': 'secret',
        'x-better-auth-forwarded-for': 'evil.example',
        'x-client-ip': '203.0.113.9',
        'x-goog-iap-jwt-assertion': 'secret',
        'x-ms-token-aad-access-token': 'secret',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-port': '1',
        'x-forwarded-server': 'evil.example',
        'x-original-url': '/admin',
        'x-real-ip': '203.0.113.9',
        'x-vercel-oidc-token': 'secret',
      })
      expect(JSON.stringify(headers)).not.toMatch(/203\.0\.113\.9|secret|evil|admin|cdn-loop|forwarded-port/)
      expectConsole(/CLIENT_ADDRESS_UNKNOWN.*came through a reverse proxy/)
    })

    it('never contain x-forwarded-host, and Host is the deployment\'s', async () => {
      for (const trustProxy of [false, true]) {
        const addresses = trustProxy ? { 'x-forwarded-for': '203.0.113.9' } : undefined
        const { headers } = await forward({ ...addresses, 'host': 'app.example.com', 'x-forwarded-host': 'shop.example.com' }, { trustProxy })
        expect(headers).not.toHaveProperty('x-forwarded-host')
        expect(headers.host).toBe(new URL(upstream.url).host)
      }
    })
  })

  describe('headers that `fetch` writes itself', () => {
    it('are not passed to `fetch`, since some runtimes would send them as they are', async () => {
      const given: Headers[] = []
      const seeing: typeof fetch = async (_input, init) => {
        given.push(new Headers(init!.headers))
        return new Response('ok')
      }
      const headers = { 'host': 'evil.example', 'content-length': '2', 'transfer-encoding': 'chunked', 'expect': '100-continue', 'connection': 'close' }
      await send('/api/auth/ok', { method: 'POST', body: 'ok', headers }, { fetch: seeing })
      expect(Object.keys(headers).filter(name => given[0]!.has(name))).toEqual([])
    })
  })

  describe('the app\'s address for Better Auth', () => {
    const told = async (headers: Record<string, string>, trustProxy: ConvexServerOptions['trustProxy'], url = 'http://internal:3000'): Promise<unknown[]> => {
      const addresses = trustProxy ? { 'x-forwarded-for': '203.0.113.9, 10.0.0.1' } : undefined
      await createServer({ trustProxy }).handler(new Request(`${url}/api/auth/ok`, { headers: { ...addresses, ...headers } }))
      const seen = upstream.requests.at(-1)!.headers
      expect(seen['x-forwarded-proto']).toBe(seen['x-better-auth-forwarded-proto'])
      return [seen['x-better-auth-forwarded-proto'], seen['x-better-auth-forwarded-host']]
    }

    it('is the address of the request', async () => {
      expect(await told({}, false, 'https://app.example.com:8443')).toEqual(['https', 'app.example.com:8443'])
    })

    it('is not the address in a header that any client can write', async () => {
      const forged = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example', 'x-better-auth-forwarded-proto': 'https', 'x-better-auth-forwarded-host': 'evil.example' }
      expect(await told(forged, false)).toEqual(['http', 'internal:3000'])
    })

    it('is the address that a trusted reverse proxy writes', async () => {
      expect(await told({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'App.example.com' }, true)).toEqual(['https', 'app.example.com'])
      expect(await told({ 'x-forwarded-proto': 'https' }, true)).toEqual(['https', 'internal:3000'])
      expect(await told({}, true)).toEqual(['http', 'internal:3000'])
    })

    it('is the address that the outermost trusted proxy wrote, not the address from the client', async () => {
      const headers = { 'x-forwarded-proto': 'http, https, http', 'x-forwarded-host': 'evil.example, app.example.com, inner.example' }
      const trustProxy = { hops: 2, protocolHeader: 'x-forwarded-proto', hostHeader: 'x-forwarded-host' }
      expect(await told(headers, trustProxy)).toEqual(['https', 'app.example.com'])
      expect(await told({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example.com' }, trustProxy)).toEqual(['https', 'app.example.com'])
    })

    it('is read only from headers that `trustProxy` names, since clients may set the others', async () => {
      const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example', 'x-scheme': 'https', 'x-host': 'app.example.com' }
      for (const trustProxy of [{}, { hops: 2 }, { addressHeader: 'X-Forwarded-For' }])
        expect(await told(headers, trustProxy)).toEqual(['http', 'internal:3000'])
      expect(await told(headers, { protocolHeader: 'X-Forwarded-Proto' })).toEqual(['https', 'internal:3000'])
      expect(await told(headers, { hostHeader: 'X-Host' })).toEqual(['http', 'app.example.com'])
      expect(await told(headers, { protocolHeader: 'X-Scheme', hostHeader: 'X-Host' })).toEqual(['https', 'app.example.com'])
    })

    it('is never an invalid address, even from a trusted proxy', async () => {
      for (const host of ['evil.example/path', 'a@evil.example', 'evil.example?x', 'evil example', '"evil"', 'evil.example:port'])
        expect(await told({ 'x-forwarded-proto': 'javascript', 'x-forwarded-host': host }, true)).toEqual(['http', 'internal:3000'])
    })
  })

  describe('request cookies', () => {
    it('are passed on only if they are Better Auth\'s', async () => {
      const cookie = [
        'app_session=secret',
        'better-auth.session_token=a.b%3D=',
        '__Secure-better-auth.convex_jwt=c',
        '__Host-better-auth.state=d',
        'better-auth-other.session_token=secret',
        'xbetter-auth.session_token=secret',
        '__Secure-x.better-auth.y=secret',
        'BETTER-AUTH.session_token=secret',
        'secret',
      ].join('; ')
      expect((await forward({ cookie })).headers.cookie).toBe('better-auth.session_token=a.b%3D=; __Secure-better-auth.convex_jwt=c; __Host-better-auth.state=d')
    })

    it('are passed on if they have the configured prefix or are in `forwardedCookies`', async () => {
      const cookie = 'better-auth.session_token=secret; shop.session_token=a; sid=b; sid2=secret'
      expect((await forward({ cookie }, { cookiePrefix: 'shop', forwardedCookies: ['sid'] })).headers.cookie).toBe('shop.session_token=a; sid=b')
    })

    it('cause no Cookie header if none of them is Better Auth\'s', async () => {
      expect((await forward({ cookie: 'app_session=secret' })).headers).not.toHaveProperty('cookie')
    })
  })

  describe('response headers', () => {
    it('contain no hop-by-hop header of the connection to the deployment', async () => {
      upstream.answer = json({}, 200, {
        'alt-svc': 'h3=":443"',
        'cf-ray': '1',
        'connection': 'close, x-internal',
        'keep-alive': 'timeout=5',
        'proxy-authenticate': 'Basic',
        'x-internal': 'secret',
        'x-kept': 'yes',
      })
      const names = [...(await send('/api/auth/ok')).headers.keys()]
      expect(names).toContain('x-kept')
      expect(names.filter(name => /^(?:alt-svc|cf-ray|connection|keep-alive|proxy-authenticate|transfer-encoding|x-internal)$/.test(name))).toEqual([])
    })

    it('delete the previous token if Better Auth sets a session without a token', async () => {
      const session = '__Secure-better-auth.session_token=b.c; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax; Domain=example.com'
      upstream.answer = json({}, 200, { 'set-cookie': [session] })
      expect((await send('/api/auth/multi-session/set-active', { method: 'POST', body: '{}' })).headers.getSetCookie()).toEqual([
        session,
        '__Secure-better-auth.convex_jwt=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax; Domain=example.com',
        '__Secure-better-auth.convex_jwt_binding=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax; Domain=example.com',
        `__Secure-better-auth.convue_store_key=${await storeKey('b')}; Max-Age=604800; Path=/; Secure; SameSite=Lax; Domain=example.com`,
      ])
    })
  })

  describe('a deployment that does not answer', () => {
    it('causes a 502 with JSON if it cannot be reached', async () => {
      await upstream.close()
      const response = await send('/api/auth/get-session', { headers: { cookie: 'better-auth.session_token=secret' } })
      expect(response.status).toBe(502)
      expect(response.headers.get('cache-control')).toBe('private, no-store')
      const text = await response.text()
      expect(JSON.parse(text)).toEqual({ code: 'UPSTREAM_UNREACHABLE', message: 'The auth server could not be reached.' })
      expect(text).not.toMatch(/secret|127\.0\.0\.1/)
      upstream = await startUpstream()
    })

    it('causes a 504 with JSON after the time limit', async () => {
      upstream.answer = () => {}
      const response = await send('/api/auth/get-session', {}, { timeoutMs: 50 })
      expect(response.status).toBe(504)
      expect(await response.json()).toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    })

    it('causes no time-out with an infinite `timeoutMs`', async () => {
      let answer = (): void => {}
      upstream.answer = (...exchange) => {
        answer = () => void json({})(...exchange)
      }
      const response = send('/api/auth/ok', {}, { timeoutMs: Number.POSITIVE_INFINITY })
      await eventually(() => upstream.requests.length).toBe(1)
      answer()
      expect((await response).status).toBe(200)
    })

    it('causes a 502 if it disconnects before its headers, or does not use HTTP', async () => {
      upstream.answer = (_request, response) => void response.socket!.destroy()
      expect((await send('/api/auth/ok')).status).toBe(502)
      upstream.answer = (_request, response) => void response.socket!.end('SSH-2.0-secret\r\n\r\n')
      expect((await send('/api/auth/ok')).status).toBe(502)
    })

    it('causes a 502 without the text of the error that `fetch` throws', async () => {
      const telling: typeof fetch = async (_input, init) => {
        throw Object.assign(new Error(`failed with ${new Headers(init!.headers).get('cookie')}`), { request: init })
      }
      const response = await send('/api/auth/ok', { headers: { cookie: 'better-auth.session_token=secret' } }, { fetch: telling })
      expect(response.status).toBe(502)
      expect(await response.text()).not.toContain('secret')
    })
  })

  describe('a request body', () => {
    it('is passed on if it is exactly as long as `maxBodyBytes`', async () => {
      expect((await send('/api/auth/ok', { method: 'POST', body: 'x'.repeat(100) }, { maxBodyBytes: 100 })).status).toBe(200)
      expect(upstream.requests[0]!.body).toHaveLength(100)
    })

    it('causes a 413 without being read if its content-length is too large', async () => {
      let isRead = false
      const body = new ReadableStream({ pull: () => {
        isRead = true
      } }, { highWaterMark: 0 })
      const response = await send('/api/auth/ok', { method: 'POST', body, duplex: 'half', headers: { 'content-length': '101' } } as RequestInit, { maxBodyBytes: 100 })
      expect(response.status).toBe(413)
      expect(await response.json()).toMatchObject({ code: 'BODY_TOO_LARGE' })
      expect(isRead).toBe(false)
      expect(upstream.requests).toEqual([])
    })

    it('causes a 413 as soon as it is too long, whatever its content-length says', async () => {
      let sent = 0
      let isCancelled = false
      const body = new ReadableStream<Uint8Array>({
        pull: controller => controller.enqueue(new Uint8Array(sent++ && 10)),
        cancel: () => {
          isCancelled = true
        },
      })
      const response = await send('/api/auth/ok', { method: 'POST', body, duplex: 'half', headers: { 'content-length': '5' } } as RequestInit, { maxBodyBytes: 100 })
      expect(response.status).toBe(413)
      expect(sent).toBeLessThan(20)
      await eventually(() => isCancelled).toBe(true)
      expect(upstream.requests).toEqual([])
    })

    it('causes a 400 and no request upstream if it breaks off', async () => {
      const body = new ReadableStream({ pull: controller => controller.error(new Error('gone')) })
      expect((await send('/api/auth/ok', { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(400)
      expect(upstream.requests).toEqual([])
    })
  })
})
