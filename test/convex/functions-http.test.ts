import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { ORIGIN } from '../support/live/deployment.ts'
import { api } from './apps/functions-hono/convex/_generated/api.js'

const TRUSTED = ['https://app.example.com', 'https://pr-1.preview.example.com', 'https://other.example.com', 'https://navy.example.com']
const FOREIGN = ['https://evil.example.com', 'https://app.example.com.evil.com', 'http://app.example.com', 'https://evil.example.com:8443']

/** The deployment itself refuses none of these origins, so that only the routes decide. */
async function start(app: string): Promise<Deployment> {
  return await startDeployment({
    functions: join(import.meta.dirname, 'apps', app, 'convex'),
    siteUrl: ORIGIN,
    allowedOrigins: [...TRUSTED, ...FOREIGN],
  })
}

/** The headers of a response that belong to CORS. */
function corsOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'))
}

describe('registerAuthRoutes', () => {
  describe('on httpRouter()', () => {
    let deployment: Deployment
    let routes: string
    beforeAll(async () => {
      deployment = await start('functions-component')
      routes = `${deployment.siteUrl}/api/auth`
    })
    afterAll(() => deployment.close())

    async function post(path: string, body: object, headers: Record<string, string>): Promise<Response> {
      return await fetch(`${routes}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    }

    it.each([
      ['of the app', ORIGIN],
      ['that Better Auth trusts', 'https://app.example.com'],
      ['that matches a pattern', 'https://pr-1.preview.example.com'],
      ['of the option', 'https://other.example.com'],
    ])('answers the preflight request of an origin %s', async (_name, origin) => {
      const response = await fetch(`${routes}/sign-in/email`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'better-auth-cookie' },
      })
      expect(response.status).toBe(204)
      expect(corsOf(response)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers': 'Content-Type, Authorization, Better-Auth-Cookie, X-Tenant',
        'access-control-max-age': '86400',
        'vary': 'Origin',
      })
    })

    it.each(FOREIGN)('does not let pages of %s read an answer', async (origin) => {
      const preflight = await fetch(`${routes}/get-session`, { method: 'OPTIONS', headers: { origin } })
      expect(preflight.status).toBe(403)
      const response = await fetch(`${routes}/get-session`, { headers: { origin } })
      for (const answer of [preflight, response])
        expect(corsOf(answer)).toEqual({ vary: expect.stringContaining('Origin') })
    })

    it('lets a page of another origin sign up with the headers of the cross-domain plugin', async () => {
      const origin = 'https://app.example.com'
      const user = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' }
      const response = await post('sign-up/email', user, { origin, 'better-auth-cookie': '' })
      expect(response.status).toBe(200)
      expect(corsOf(response)).toMatchObject({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' })
      expect(response.headers.get('access-control-expose-headers')).toMatch(/Set-Better-Auth-Cookie.*X-Trace/i)
      const cookie = response.headers.get('set-better-auth-cookie')!.split(';')[0]!
      const session = await fetch(`${routes}/get-session`, { headers: { origin, 'better-auth-cookie': cookie } })
      expect(await session.json()).toMatchObject({ user: { email: 'ada@example.com' } })
    })

    it('answers a request without an origin, as a proxy sends it', async () => {
      const response = await fetch(`${routes}/get-session`)
      expect(response.status).toBe(200)
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    })

    it('redirects to the configuration for auth providers with a domain', async () => {
      const response = await fetch(`${deployment.siteUrl}/.well-known/openid-configuration`)
      expect(response.url).toBe(`${routes}/convex/.well-known/openid-configuration`)
      expect(await response.json()).toMatchObject({ jwks_uri: expect.stringContaining('/convex/jwks') })
    })

    it('fails with AUTH_BASE_PATH_MISMATCH if Better Auth has another base path', async () => {
      await deployment.setEnv('BASE_PATH', '/other/auth')
      const response = await fetch(`${routes}/get-session`)
      expect(response.status).toBe(500)
      expect(await response.text()).toContain('[AUTH_BASE_PATH_MISMATCH] The auth routes are registered at `/api/auth`, but Better Auth answers at `/other/auth`.')
    })
  })

  describe('on a Hono app', () => {
    let deployment: Deployment
    beforeAll(async () => {
      deployment = await start('functions-hono')
    })
    afterAll(() => deployment.close())

    const send = (path: string, init?: RequestInit): Promise<Response> => fetch(`${deployment.siteUrl}${path}`, init)

    it('answers at the base path, with all methods', async () => {
      expect(await (await send('/custom/auth/ok')).json()).toEqual({ ok: true })
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
        expect(await (await send('/custom/auth/probe', { method })).json()).toMatchObject({ method })
      expect((await send('/api/auth/ok')).status).toBe(404)
    })

    it('passes the body, and the host that the proxy of the app has sent', async () => {
      const response = await send('/custom/auth/probe', {
        method: 'POST',
        headers: { 'x-better-auth-forwarded-host': 'app.example.com' },
        body: 'a body',
      })
      expect(await response.json()).toEqual({ method: 'POST', host: 'app.example.com', body: 'a body' })
    })

    it.each(['https://navy.example.com', 'https://*.example.com', '*.example.com', 'navy.example.???'])('allows the origins that Better Auth trusts for the request: %s', async (pattern) => {
      const origin = 'https://navy.example.com'
      const navy = await send('/custom/auth/ok', { headers: { origin, 'x-pattern': pattern } })
      expect(navy.headers.get('access-control-allow-origin')).toBe(origin)
      const foreign = await send('/custom/auth/ok', { headers: { 'origin': FOREIGN[1]!, 'x-pattern': pattern } })
      expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    })

    it('allows the origin of the app', async () => {
      const preflight = await send('/custom/auth/ok', { method: 'OPTIONS', headers: { origin: ORIGIN } })
      expect(preflight.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    })

    it.each(['*', '**', '*.*', '*.*.*', '?*', '*?', 'https://*', 'https://*.*', 'https://*/**', 'https://**', '*://*', 'https://*:*', '*:*', '*://*:*'])('does not allow other origins if a trusted origin is %s, which every origin matches', async (pattern) => {
      for (const origin of ['https://navy.example.com', ...FOREIGN]) {
        const { headers } = await send('/custom/auth/ok', { headers: { origin, 'x-pattern': pattern } })
        expect(headers.get('access-control-allow-origin')).toBeNull()
      }
    })
  })
})

describe('convue/convex', () => {
  let deployment: Deployment
  beforeAll(async () => {
    deployment = await start('functions-hono')
  })
  afterAll(() => deployment.close())

  it('adds the globals with which React renders a mail', async () => {
    expect(await deployment.action(api.mail.render)).toBe('<p>Hello Ada</p>')
    expect(await (await fetch(`${deployment.siteUrl}/mail`)).text()).toBe('<p>Hello Ada</p>')
  })
})
