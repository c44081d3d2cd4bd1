import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { endings, expectPrivate, TARGETED } from './endings.ts'
import { useNuxtApp } from './fixture.ts'

const app = useNuxtApp()

describe('a response for which an identity was requested', () => {
  it.each(endings)('is kept out of all caches, and sets the renewed cookie: a response by %s, %i, %s', async (how, status, method) => {
    await expectPrivate(app, how, status, method)
  })

  it.each(['a web Response', 'writeHead', 'a proxied route'])('contains the cookies that the app sets: %s', async (how) => {
    const ada = await app.signUp('Ada')
    ada.cookies.delete('better-auth.convex_jwt')
    const { headers } = await app.get(`/ending/${encodeURIComponent(how)}`, ada.cookie)
    expect(headers.getSetCookie().map(cookie => cookie.split('=')[0])).toEqual(expect.arrayContaining(['own', 'better-auth.convex_jwt']))
  })

  it('has only the headers of the app if its route does not request an identity', async () => {
    const ada = await app.signUp('Ada')
    const { headers } = await app.get('/ending/public', ada.cookie)
    expect(headers.get('cache-control')).toBe('public, s-maxage=600')
    expect(TARGETED.filter(name => headers.has(name))).toEqual(TARGETED)
  })
})

describe('an identity that is requested after the response has begun', () => {
  it('causes an error if caches may keep the response', async () => {
    const ada = await app.signUp('Ada')
    const { html, headers } = await app.get('/ending/late', ada.cookie)
    expect(html).toBe('begun RESPONSE_STARTED')
    expect(headers.get('cache-control')).toBe('public, s-maxage=600')
  })

  it('is returned if caches may not keep the response, but no cookie is renewed', async () => {
    const ada = await app.signUp('Ada')
    ada.cookies.delete('better-auth.convex_jwt')
    // The targeted headers of the route rule let caches keep the response, whatever `Cache-Control` says.
    expect((await app.get('/ending/late%20and%20private', ada.cookie)).html).toBe('begun RESPONSE_STARTED')
    const { html, headers } = await app.get('/late', ada.cookie)
    expect(html).toBe('begun Ada')
    expect(headers.getSetCookie()).toEqual([])
  })
})

describe('a response with status 304', () => {
  it('has no body, and has the same headers as the response with status 200', async () => {
    const ada = await app.signUp('Ada')
    const { port, host } = new URL(app.url)
    const socket = connect(Number(port), 'localhost')
    socket.write(['GET /ending/304 HTTP/1.1', `host: ${host}`, 'connection: close', 'if-none-match: "1"', `cookie: ${ada.cookie}`, '', ''].join('\r\n'))
    const [head, body] = (await text(socket)).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 304 .*cache-control: private, no-store/is)
    expect(body).toBe('')
  })
})
