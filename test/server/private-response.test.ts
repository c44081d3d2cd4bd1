import type { IncomingHttpHeaders, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { withIdentityHeaders } from '../../src/nuxt/runtime/server/utils/identity-headers.ts'
import { isPrivate, makePrivate } from '../../src/nuxt/runtime/server/utils/private-response.ts'

const rules = vi.hoisted(() => ({ current: {} as object }))
vi.mock('nitropack/runtime', () => ({ getRouteRules: () => rules.current }))

const PRIVATE = 'private, no-store'
const PUBLIC = 'public, s-maxage=600'

let server: Server
let respond: (res: ServerResponse) => unknown
beforeAll(async () => {
  server = createServer((_, res) => void (async () => respond(res))().then(() => res.end(), error => res.destroy(error)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => void server.close())

/** The headers that a client receives. */
async function headersOf(answer: (res: ServerResponse) => unknown): Promise<IncomingHttpHeaders> {
  respond = answer
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  const [response] = await once(request, 'response')
  response.resume()
  return response.headers
}

async function cacheControlOf(answer: (res: ServerResponse) => unknown): Promise<string | undefined> {
  const headers = await headersOf((res) => {
    makePrivate(res)
    return answer(res)
  })
  return headers['cache-control']
}

describe('makePrivate', () => {
  it.each<[string, (res: ServerResponse) => unknown]>([
    ['setHeader', res => res.setHeader('Cache-Control', PUBLIC)],
    ['setHeader with several values', res => res.setHeader('cache-control', [PRIVATE, PUBLIC])],
    ['setHeaders', res => res.setHeaders(new Map([['CACHE-CONTROL', PUBLIC]]))],
    ['appendHeader', res => res.appendHeader('cache-control', PUBLIC)],
    ['appendHeader in capitals', res => res.appendHeader('CACHE-CONTROL', 'Public, S-MaxAge=600')],
    ['appendHeader with several values', res => res.appendHeader('Cache-Control', ['public', 's-maxage=600'])],
    ['appendHeader of a harmless value', res => res.appendHeader('cache-control', 'no-transform')],
    ['removeHeader', res => res.removeHeader('Cache-Control')],
    ['writeHead with an object', res => res.writeHead(200, { 'Cache-Control': PUBLIC })],
    ['writeHead with an array', res => res.writeHead(200, ['Cache-Control', PUBLIC, 'cache-control', 'public'])],
    ['writeHead with a list of values', res => res.writeHead(200, { 'cache-control': [PRIVATE, PUBLIC] } as unknown as OutgoingHttpHeaders)],
  ])('keeps the response out of caches after %s', async (_name, answer) => {
    expect(await cacheControlOf(answer)).toBe(PRIVATE)
  })

  it.each([
    'private, no-store, public, s-maxage=600',
    'PRIVATE, NO-STORE, Public',
    'private,no-store,s-maxage=600',
    'private, no-store, s-maxage = 600',
    'private, no-store, must-understand',
    'private="set-cookie", no-store',
    'private, no-store, private="x-name"',
    'private, no-store, private ="x-name"',
    'public, no-cache="a, private, no-store, b"',
    'max-age=600, no-cache="a, private, no-store, b"',
    'private, no-store, x="',
    'private no-store',
    'private',
    'no-store',
    '',
  ])('overrides the Cache-Control value %j', async (value) => {
    expect(await cacheControlOf(res => res.setHeader('cache-control', value))).toBe(PRIVATE)
    expect(await cacheControlOf(res => res.writeHead(200, { 'Cache-Control': value }))).toBe(PRIVATE)
  })

  it.each([
    'private, no-cache, no-store, no-transform, must-revalidate, max-age=0',
    'No-Store, Private',
  ])('keeps a Cache-Control value that is as strict as its own: %s', async (value) => {
    expect(await cacheControlOf(res => res.setHeader('cache-control', value))).toBe(value)
  })

  describe('headers for one kind of cache', () => {
    const answer = async (res: ServerResponse, apply: (res: ServerResponse) => unknown = () => {}): Promise<void> => {
      const request = { getToken: async () => null, responseHeaders: () => new Headers() } as any
      const event = { node: { res }, method: 'GET' } as any
      // Nitro does the same if the host does not.
      for (const [name, value] of Object.entries((rules.current as { headers: OutgoingHttpHeaders }).headers))
        res.setHeader(name, value!)
      await withIdentityHeaders(request, [event], [event], () => {}).getToken()
      apply(res)
      // A second request for the identity does not fail.
      res.flushHeaders()
      await withIdentityHeaders(request, [event], [event], () => {}).getToken()
    }

    it.each<[string, (res: ServerResponse) => unknown]>([
      ['nothing', () => {}],
      ['setHeader', res => res.setHeader('vercel-cdn-cache-control', PUBLIC)],
      ['appendHeader', res => res.appendHeader('Vercel-CDN-Cache-Control', PUBLIC)],
      ['removeHeader', res => res.removeHeader('VERCEL-CDN-CACHE-CONTROL')],
    ])('forbid to store the response even if route rules set them and the app then calls %s', async (_name, apply) => {
      rules.current = {
        headers: { 'Vercel-CDN-Cache-Control': PUBLIC, 'cdn-cache-control': PUBLIC, 'X-Accel-Expires': '600', 'x-own': '1' },
        isr: 60,
      }
      expect(await headersOf(res => answer(res, apply))).toMatchObject({
        'cache-control': PRIVATE,
        'vercel-cdn-cache-control': PRIVATE,
        'cdn-cache-control': PRIVATE,
        'netlify-cdn-cache-control': PRIVATE,
        'x-accel-expires': '0',
        'x-own': '1',
      })
    })

    it('are removed if no route rule sets them', async () => {
      rules.current = { headers: {} }
      const headers = await headersOf(res => answer(res.setHeader('CDN-Cache-Control', PUBLIC)))
      expect(headers).toMatchObject({ 'cache-control': PRIVATE })
      expect(headers).not.toHaveProperty('cdn-cache-control')
    })
  })
})

describe('isPrivate', () => {
  it.each([
    ['private', true],
    ['No-Store', true],
    ['private, max-age=60', true],
    [['no-cache', 'private'], true],
    [PUBLIC, false],
    ['public, private="x-name"', false],
    ['private="x-name"', false],
    ['private, s-maxage=600', false],
    ['no-store, must-understand', false],
    ['max-age=600, no-cache="a, private, b"', false],
    ['x-private', false],
    [undefined, false],
  ])('returns, for the Cache-Control value %o: %s', async (value, expected) => {
    let actual: boolean | undefined
    await headersOf((res) => {
      if (value !== undefined)
        res.setHeader('cache-control', value)
      actual = isPrivate(res)
    })
    expect(actual).toBe(expected)
  })

  it('is false while a header for one kind of cache is public, and true once it is private', async () => {
    const actual: boolean[] = []
    await headersOf((res) => {
      res.setHeader('cache-control', PRIVATE)
      for (const value of [PUBLIC, PRIVATE])
        actual.push(isPrivate(res.setHeader('CDN-Cache-Control', value)))
    })
    expect(actual).toEqual([false, true])
  })
})
