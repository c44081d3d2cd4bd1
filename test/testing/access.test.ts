import type { Deployment, DeploymentOptions } from '../../src/testing/index.ts'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect } from 'node:net'
import process from 'node:process'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { eventually } from '../support/environment/eventually.ts'
import { startApp } from './start-app.ts'

let folder: string
let deployment: Deployment
/** A deployment whose page is on the network, behind a proxy that keeps the Host header. */
let shared: Deployment
beforeAll(async () => {
  const app = await startApp({
    'rows.ts': `
      import { mutationGeneric, queryGeneric } from 'convex/server'
      export const add = mutationGeneric(async ctx => { await ctx.db.insert('rows', {}) })
      export const count = queryGeneric(async ctx => (await ctx.db.query('rows').collect()).length)`,
    'http.ts': `
      import { httpActionGeneric, httpRouter } from 'convex/server'
      const http = httpRouter()
      http.route({
        path: '/public',
        method: 'GET',
        handler: httpActionGeneric(async () => new Response('for everyone', { headers: { 'access-control-allow-origin': 'https://partner.example' } })),
      })
      http.route({
        path: '/hook',
        method: 'POST',
        handler: httpActionGeneric(async (ctx) => {
          await ctx.runMutation('rows:add', {})
          return new Response('done')
        }),
      })
      export default http`,
  }, { siteUrl: 'https://app.example.com' });
  ({ deployment, folder } = app)
  shared = await startDeployment({
    functions: folder,
    siteUrl: 'http://192.168.1.5:5173/',
    allowedOrigins: ['https://Preview.example.com/', 'capacitor://localhost', 'https://partner.example'],
    allowedHosts: ['Tunnel.example.com', '[fe80::1]'],
  })
  return async () => {
    await Promise.all([app.close(), shared.close()])
  }
})

interface Exchange {
  method?: string
  path?: string
  headers: Record<string, string>
  body?: string
}

/**
 * Sends a request with exactly these headers, because `fetch` sets `Host` itself. Resolves with the
 * whole response, or with its head if it switches protocols.
 */
async function send(url: string, { method = 'GET', path = '/version', headers, body = '' }: Exchange, version = '1.1'): Promise<{ status: number, text: string }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const lines = Object.entries({ ...headers, ...(body ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}) }).map(([name, value]) => `${name}: ${value}`)
  socket.write([`${method} ${path} HTTP/${version}`, ...lines, '', body].join('\r\n'))
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
    if (text.startsWith('HTTP/1.1 101'))
      socket.destroy()
  })
  await once(socket, 'close')
  return { status: Number(text.split(' ')[1]), text }
}

function upgrade(headers: Record<string, string>): Exchange {
  return {
    path: '/api/1.48.0/sync',
    headers: { 'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers },
  }
}
const request = (headers: Record<string, string>): Exchange => ({ headers: { Connection: 'close', ...headers } })

/** The status of an HTTP request and of a WebSocket with these headers. */
async function statuses({ url }: Pick<Deployment, 'url'>, headers: Record<string, string>): Promise<number[]> {
  return [(await send(url, request(headers))).status, (await send(url, upgrade(headers))).status]
}

describe('the Host of a request', () => {
  it.each([
    'localhost',
    'LocalHost:3210',
    'localhost.:3210',
    'app.localhost:3210',
    '127.0.0.1:3210',
    '127.8.0.1',
    '[::1]:3210',
    'app.example.com',
  ])('may name this machine or the host of the page: %s', async (host) => {
    expect(await statuses(deployment, { Host: host })).toEqual([200, 101])
    expect((await send(deployment.siteUrl, { ...request({ Host: host }), path: '/public' })).status).toBe(200)
  })

  it.each([
    'rebound.example:3210',
    'localhost.rebound.example',
    '127.0.0.1.rebound.example',
    '127-0-0-1.rebound.example',
    'rebound-localhost',
    'localhost@rebound.example',
    'rebound.example@localhost',
    'sub.app.example.com',
    '192.168.1.5',
    '0.0.0.0:3210',
    '[::]:3210',
    '[::ffff:127.0.0.1]',
    '[::1',
    'localhost/..',
    'localhost rebound.example',
    '',
  ])('may not name another host: %s', async (host) => {
    const { status, text } = await send(deployment.url, request({ Host: host }))
    expect(status).toBe(403)
    expect(text).toContain('HostNotAllowed')
    expect(text).toContain('allowedHosts')
    expect((await send(deployment.url, upgrade({ Host: host }))).text).toContain('allowedHosts')
    expect((await send(deployment.siteUrl, { ...request({ Host: host }), path: '/public' })).text).toContain('allowedHosts')
    expect((await send(deployment.siteUrl, upgrade({ Host: host, Connection: 'Upgrade, close' }))).text).toContain('allowedHosts')
  })

  it('is required', async () => {
    for (const url of [deployment.url, deployment.siteUrl])
      expect((await send(url, request({}), '1.0')).text).toContain('HostNotAllowed')
  })
})

describe('the Origin of a request', () => {
  it.each([
    undefined,
    'http://localhost:5173',
    'https://localhost',
    'http://nuxt.localhost:3000',
    'http://127.0.0.1:4173',
    'http://[::1]:5173',
    'https://app.example.com',
  ])('may be missing, or be an origin of this machine or of the page: %s', async (origin) => {
    const headers = { Host: 'localhost', ...(origin === undefined ? {} : { Origin: origin }) }
    expect(await statuses(deployment, headers)).toEqual([200, 101])
    expect((await send(deployment.url, request(headers))).text.toLowerCase()).toContain(`access-control-allow-origin: ${origin ?? '*'}\r\n`)
    expect((await send(deployment.siteUrl, { ...request(headers), path: '/public' })).status).toBe(200)
  })

  it.each([
    'https://evil.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example:5173',
    'https://localhost@evil.example',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com.evil.example',
    'null',
    'file://',
    'chrome-extension://abcdefghijklmnop',
    'capacitor://localhost',
    'garbage',
    '',
  ])('may not be another origin: %s', async (origin) => {
    const headers = { Host: 'localhost', Origin: origin }
    const { url, siteUrl } = deployment
    for (const [port, exchange] of [
      [url, request(headers)],
      [url, upgrade(headers)],
      [url, { ...request(headers), method: 'OPTIONS', path: '/api/mutation' }],
      ...['GET', 'HEAD', 'OPTIONS', 'PATCH'].map((method): [string, Exchange] => [siteUrl, { ...request(headers), method, path: '/public' }]),
    ] as [string, Exchange][]) {
      const { status, text } = await send(port, exchange)
      expect(status).toBe(403)
      // An answer to HEAD has no body.
      if (exchange.method !== 'HEAD') {
        expect(text).toContain('OriginNotAllowed')
        expect(text).toContain('allowedOrigins')
      }
      expect(text.toLowerCase()).not.toContain('access-control-allow-origin')
    }
  })

  it('is checked before a function runs', async () => {
    const mutation = (origin: string, contentType: string): Exchange => ({
      method: 'POST',
      path: '/api/mutation',
      headers: { 'Host': 'localhost', 'Connection': 'close', 'Content-Type': contentType, 'Origin': origin },
      body: JSON.stringify({ path: 'rows:add', args: {} }),
    })
    // Any page can send this content type without a preflight request.
    expect((await send(deployment.url, mutation('https://evil.example', 'text/plain'))).status).toBe(403)
    expect((await send(deployment.url, mutation('https://evil.example', 'application/json'))).status).toBe(403)
    expect(await deployment.query(anyApi.rows!.count!)).toBe(0)
    expect((await send(deployment.url, mutation('http://localhost:5173', 'application/json'))).status).toBe(200)
    expect(await deployment.query(anyApi.rows!.count!)).toBe(1)
  })

  it('is checked before an HTTP action runs, since any page can call it in no-cors mode', async () => {
    const hook = (origin?: string): Exchange => ({
      method: 'POST',
      path: '/hook',
      headers: { 'Host': '127.0.0.1', 'Connection': 'close', 'Content-Type': 'text/plain', ...(origin === undefined ? {} : { Origin: origin }) },
      body: '{}',
    })
    const before = await deployment.query(anyApi.rows!.count!) as number
    for (const origin of ['https://evil.example', 'null', 'https://partner.example']) {
      const { status, text } = await send(deployment.siteUrl, hook(origin))
      expect(status).toBe(403)
      expect(text).toContain('allowedOrigins')
    }
    expect(await deployment.query(anyApi.rows!.count!)).toBe(before)
    for (const origin of ['http://localhost:5173', 'https://app.example.com', undefined])
      expect((await send(deployment.siteUrl, hook(origin))).status).toBe(200)
    expect(await deployment.query(anyApi.rows!.count!)).toBe(before + 3)
  })

  it('is accepted by HTTP actions if it is allowed, and they set their own CORS headers', async () => {
    const { status, text } = await send(shared.siteUrl, { ...request({ Host: 'localhost', Origin: 'https://partner.example' }), path: '/public' })
    expect(status).toBe(200)
    expect(text).toContain('for everyone')
    expect(text.match(/access-control-[^\r]+/gi)).toEqual(['access-control-allow-origin: https://partner.example'])
  })
})

describe('startDeployment', () => {
  it.each([
    ['the page', '192.168.1.5:5173', 'http://192.168.1.5:5173'],
    ['an allowed origin', 'preview.example.com', 'https://preview.example.com'],
    ['an allowed host', 'tunnel.example.com:443', 'http://192.168.1.5:5173'],
    ['an allowed host that is an address', '[FE80::1]:3210', 'http://192.168.1.5:5173'],
    ['an origin with the scheme of an app', 'localhost', 'capacitor://localhost'],
  ])('accepts requests of %s', async (_what, host, origin) => {
    expect(await statuses(shared, { Host: host, Origin: origin })).toEqual([200, 101])
  })

  it('reports each refusal once in the terminal, since a page cannot see the reason', async () => {
    const written: string[] = []
    const write = vi.spyOn(process.stderr, 'write').mockImplementation(chunk => Boolean(written.push(String(chunk))))
    for (let attempt = 0; attempt < 3; attempt++)
      await send(shared.url, upgrade({ Host: 'localhost', Origin: 'https://forgotten.example.com' }))
    await eventually(() => written.join('')).toContain('forgotten.example.com')
    await shared.settled()
    write.mockRestore()
    expect(written.join('').match(/forgotten\.example\.com.*allowedOrigins/g)).toHaveLength(1)
  })

  it('does not treat an allowed host as an allowed origin', async () => {
    expect(await statuses(shared, { Host: 'localhost', Origin: 'https://tunnel.example.com' })).toEqual([403, 403])
  })

  it.each<[string, DeploymentOptions]>([
    ['siteUrl', { siteUrl: 'localhost:5173' }],
    ['siteUrl', { siteUrl: '' }],
    ['allowedOrigins', { allowedOrigins: ['192.168.1.5:5173'] }],
    ['allowedOrigins', { allowedOrigins: ['*'] }],
    ['allowedOrigins', { allowedOrigins: ['null'] }],
    ['allowedOrigins', { allowedOrigins: ['https://app.example.com/path'] }],
    ['allowedOrigins', { allowedOrigins: ['https://user@app.example.com'] }],
    ['allowedHosts', { allowedHosts: ['http://app.example.com'] }],
    ['allowedHosts', { allowedHosts: ['app.example.com:3000'] }],
    ['allowedHosts', { allowedHosts: ['*.example.com'] }],
    ['allowedHosts', { allowedHosts: [''] }],
  ])('refuses an invalid value of the option %s: %o', async (option, options) => {
    await expect(startDeployment({ functions: folder, ...options })).rejects.toMatchObject({
      code: 'DEPLOYMENT_OPTION_INVALID',
      why: expect.stringContaining(`\`${option}\``),
      fix: expect.stringContaining('such as'),
    })
  })
})
