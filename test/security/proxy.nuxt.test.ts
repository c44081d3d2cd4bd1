import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { beforeEach, describe, expect, it } from 'vitest'
import { useNuxtApp } from '../nuxt/fixture.ts'
import { FOREIGN_ORIGIN } from '../support/live/deployment.ts'

// test/server/proxy-attacks.test.ts tests the proxy itself. In this file, it is behind Nitro, whose router reads paths in its own way.

describe.each(['', '/base'])('the auth routes of a Nuxt app with the base path %j', (base) => {
  const app = useNuxtApp({ base })
  const auth = (path: string): string => `${base}/api/auth${path}`
  beforeEach(() => void app.takeServerRequests())

  /** Sends a request with exactly this target and returns the answer. */
  async function send(target: string, { method = 'GET', headers = [], body = '' }: { method?: string, headers?: string[], body?: string } = {}): Promise<{ status: number, answer: string }> {
    const { port, host } = new URL(app.url)
    const socket = connect(Number(port), 'localhost')
    const length = method === 'GET' ? [] : [`content-length: ${body.length}`]
    socket.write([`${method} ${target} HTTP/1.1`, `host: ${host}`, 'connection: close', ...length, ...headers, '', body].join('\r\n'))
    const answer = await text(socket)
    return { status: Number(answer.split(' ')[1]), answer }
  }

  it('answer below the base path', async () => {
    expect((await send(auth('/ok'))).status).toBe(200)
    expect(app.takeServerRequests()).toEqual(['GET /api/auth/ok'])
  })

  it.each([
    '/api/auth/../query',
    '/api/auth/..',
    '/api/auth/a/../../query',
    '/api/auth/%2e%2e/query',
    '/api/auth/.%2e/query',
    '/api/auth/..%2fquery',
    '/api/auth/..%5cquery',
    '/api/auth/..\\query',
    '/api/auth/%252e%252e%252fquery',
    '/api/auth//query',
    '/api/auth//evil.example/x',
    '/api/auth/%2f%2fevil.example',
    '/api/auth/ok%00',
    '/api/auth/ok%0d%0ax-injected:%201',
    '//evil.example/api/auth/ok',
    '//api/auth/ok',
    '/\\evil.example/api/auth/ok',
    'http://evil.example/api/auth/../query',
    '/api/auth@evil.example/ok',
    '@evil.example/api/auth/ok',
  ])('forward no request to another path or host: %s', async (target) => {
    const { status } = await send(target.replace(/^\/api\/auth/, auth('')))
    // The app's error page itself runs a query with a POST. The proxy would forward this GET as a
    // GET.
    expect(app.takeServerRequests().filter(asked => asked !== 'POST /api/query')).toEqual([])
    expect([302, 400, 404]).toContain(status)
  })

  it('ignore headers that name another host', async () => {
    const names = ['x-forwarded-host: ', 'forwarded: host=', 'x-original-url: http://', 'x-rewrite-url: http://', 'x-forwarded-path: /api/query?']
    expect((await send(auth('/ok'), { headers: names.map(name => `${name}evil.example`) })).status).toBe(200)
    expect(app.takeServerRequests()).toEqual(['GET /api/auth/ok'])
  })

  it.each(['PUT', 'PATCH', 'DELETE'])('refuse the method %s', async (method) => {
    expect((await send(auth('/ok'), { method })).status).toBe(405)
    expect(app.takeServerRequests()).toEqual([])
  })

  it('set cookies with the flags of Better Auth', async () => {
    const body = JSON.stringify({ name: 'Ada', email: 'flags@example.com', password: 'correct horse battery' })
    const { status, answer } = await send(auth('/sign-up/email'), { method: 'POST', headers: ['content-type: application/json', `origin: ${new URL(app.url).origin}`], body })
    expect(status).toBe(200)
    const cookies = answer.split('\r\n').filter(line => /^set-cookie:/i.test(line))
    expect(cookies.map(cookie => /([\w.]+)=/.exec(cookie)![1]).sort()).toEqual(['auth.convex_jwt', 'auth.convex_jwt_binding', 'auth.convue_store_key', 'auth.session_token'])
    for (const cookie of cookies) {
      // The companion cookie is for scripts of the page.
      expect(/; HttpOnly/i.test(cookie)).toBe(!cookie.includes('.convue_store_key='))
      expect(cookie).toMatch(/; SameSite=Lax/i)
      expect(cookie).toMatch(/; Path=\/(?:;|$)/i)
      expect(cookie).not.toMatch(/; Domain=/i)
    }
    expect(answer).toMatch(/cache-control: private, no-store/i)
  })

  it('pass on the status 403 that Better Auth returns for a request from another site', async () => {
    const ada = await app.signUp('Ada')
    for (const origin of [FOREIGN_ORIGIN, 'null', `${new URL(app.url).origin}.evil.example`]) {
      const { status, answer } = await send(auth('/sign-out'), { method: 'POST', headers: ['content-type: application/json', `origin: ${origin}`, `cookie: ${ada.cookie}`], body: '{}' })
      expect(status).toBe(403)
      // The embedded deployment itself refuses the other origins, before Better Auth does.
      expect(answer).toContain(origin === FOREIGN_ORIGIN ? 'INVALID_ORIGIN' : 'OriginNotAllowed')
    }
    expect((await app.get('/api/me', ada.cookie)).status).toBe(200)
  })
})
