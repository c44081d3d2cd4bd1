import type { ConvexServerOptions } from 'convue/server'
import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { createConvexServer } from 'convue/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectConsole } from '../support/environment/console-guard.ts'
import { json, startUpstream } from '../support/scripted/scripted-upstream.ts'

let upstream: ScriptedUpstream
beforeEach(async () => {
  upstream = await startUpstream()
  upstream.answer = json({ ok: true })
})
afterEach(() => upstream.close())

type Options = Partial<ConvexServerOptions>

function createServer(options: Options = {}) {
  return createConvexServer({ convexUrl: upstream.url, convexSiteUrl: upstream.url, ...options })
}

/** The header with the client's address, as Better Auth receives it. */
async function addressOf(headers: Record<string, string>, options: Options, address?: string, name = 'x-forwarded-for'): Promise<unknown> {
  await createServer(options).handler(new Request('https://app.example.com/api/auth/ok', { headers }), { address })
  return upstream.requests.at(-1)!.headers[name]
}

describe('createConvexServer', () => {
  describe('handler', () => {
    it.each([
      ['203.0.113.9', '203.0.113.9'],
      ['::ffff:203.0.113.9', '203.0.113.9'],
      ['::FFFF:cb00:7109', '203.0.113.9'],
      ['2001:DB8:0:0:0:0:0:9', '2001:db8::9'],
      ['::1', '::1'],
      ['fe80::1%eth0', 'fe80::1'],
    ])('sends Better Auth the address of the connection in a normalized form: %s', async (address, passedOn) => {
      expect(await addressOf({}, {}, address)).toBe(passedOn)
    })

    it('sends the address of the connection, not the addresses that a client writes into headers', async () => {
      const forged = { 'x-real-ip': '198.51.100.1', 'cf-connecting-ip': '198.51.100.1', 'x-client-ip': '198.51.100.1' }
      expect(await addressOf(forged, {}, '203.0.113.9')).toBe('203.0.113.9')
      expect(JSON.stringify(upstream.requests.at(-1)!.headers)).not.toContain('198.51.100.1')
    })

    it.each(['', 'localhost', '203.0.113', '203.0.113.256', '0203.0.113.9', '1.2.3.4 x-injected', '::g', ':::', '[::1', '1', '1:2'])(
      'does not send a value that is not an address: %j',
      async (address) => {
        expect(await addressOf({}, {}, address)).toBeUndefined()
        expectConsole(/CLIENT_ADDRESS_UNKNOWN/)
      },
    )

    describe('with trustProxy', () => {
      it('sends the address that the proxy appended, not the address that the client wrote', async () => {
        expect(await addressOf({ 'x-forwarded-for': '198.51.100.1, 203.0.113.9' }, { trustProxy: true }, '10.0.0.1')).toBe('203.0.113.9')
        const list = { 'x-forwarded-for': '198.51.100.1, 2001:db8::9, 10.0.0.1' }
        expect(await addressOf(list, { trustProxy: { hops: 2 } }, '10.0.0.1')).toBe('2001:db8::9')
      })

      it.each([
        ['203.0.113.9:1234', '203.0.113.9'],
        ['[2001:db8::9]:1234', '2001:db8::9'],
        ['[2001:db8::9]', '2001:db8::9'],
        ['::ffff:203.0.113.9', '203.0.113.9'],
      ])('reads an address in each form that proxies write: %s', async (entry, passedOn) => {
        expect(await addressOf({ 'x-forwarded-for': entry }, { trustProxy: true })).toBe(passedOn)
      })

      it('reads the header `addressHeader` if it contains a single address, whatever `hops` is', async () => {
        const trustProxy = { hops: 2, addressHeader: 'CF-Connecting-IP' }
        const headers = { 'x-forwarded-for': '198.51.100.1, 10.0.0.1', 'cf-connecting-ip': '203.0.113.9' }
        expect(await addressOf(headers, { trustProxy })).toBe('203.0.113.9')
        expect(await addressOf({ 'cf-connecting-ip': '198.51.100.1, 203.0.113.9' }, { trustProxy })).toBeUndefined()
        expectConsole(/CLIENT_ADDRESS_UNKNOWN.*cf-connecting-ip/)
      })

      it.each([
        { what: 'did not come through all proxies', headers: { 'x-forwarded-for': '198.51.100.1' }, hops: 2 },
        { what: 'has a header value that is not an address', headers: { 'x-forwarded-for': '<script>' }, hops: 1 },
        { what: 'does not have the header', headers: {}, hops: 1 },
      ])('sends no address, not even the proxy\'s, for a request that $what', async ({ headers, hops }) => {
        expect(await addressOf(headers as Record<string, string>, { trustProxy: { hops } }, '10.0.0.1')).toBeUndefined()
        expectConsole(/CLIENT_ADDRESS_UNKNOWN.*x-forwarded-for/)
      })
    })

    describe('with clientAddressHeader', () => {
      it('sends the address in this header, and drops a value that the client wrote into it', async () => {
        const clientAddressHeader = 'X-Client-3f9a'
        const headers = { 'x-client-3f9a': '198.51.100.1' }
        expect(await addressOf(headers, { clientAddressHeader }, '203.0.113.9', 'x-client-3f9a')).toBe('203.0.113.9')
        expect(upstream.requests.at(-1)!.headers).not.toHaveProperty('x-forwarded-for')
        expect(await addressOf(headers, { clientAddressHeader }, undefined, 'x-client-3f9a')).toBeUndefined()
        expectConsole(/CLIENT_ADDRESS_UNKNOWN/)
      })

      it('sends the address in x-forwarded-for if the option is an empty string', async () => {
        expect(await addressOf({}, { clientAddressHeader: '' }, '203.0.113.9')).toBe('203.0.113.9')
      })
    })

    it('warns once for each cause of an unknown address', async () => {
      const { handler } = createServer()
      const request = (headers = {}): Request => new Request('https://app.example.com/api/auth/ok', { headers })
      await handler(request())
      await handler(request(), {})
      expectConsole(/^\[CLIENT_ADDRESS_UNKNOWN\].*without the address of the connection.*`\{ address \}`.*`trustProxy`/)
      // Behind a proxy, every connection comes from the proxy.
      await handler(request({ 'x-forwarded-for': '203.0.113.9' }), { address: '10.0.0.1' })
      await handler(request({ 'x-forwarded-for': '203.0.113.9' }), { address: '10.0.0.1' })
      expectConsole(/^\[CLIENT_ADDRESS_UNKNOWN\].*through a reverse proxy, and `trustProxy` is off/)
    })
  })

  describe('forRequest', () => {
    it('sends a different IP address with each session or token request, never the client\'s', async () => {
      const headers = { 'cookie': 'better-auth.session_token=secret', 'x-forwarded-for': '203.0.113.9' }
      const addresses: unknown[] = []
      for (const trustProxy of [false, true]) {
        const { getSession, getToken } = createServer({ trustProxy }).forRequest(new Request('https://app.example.com', { headers }))
        await Promise.allSettled([getSession(), getToken()])
        addresses.push(...upstream.requests.splice(0).map(({ headers }) => headers['x-forwarded-for']))
      }
      expect(addresses).toHaveLength(4)
      expect(new Set(addresses).size).toBe(4)
      for (const address of addresses)
        expect(address).toMatch(/^fd[\da-f]{2}(?::[\da-f]{4}){3}::1$/)
    })
  })
})
