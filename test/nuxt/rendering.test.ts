import { describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { setBoundToken } from '../support/live/auth-cookies.ts'
import { textOf, useNuxtApp } from './fixture.ts'

const app = useNuxtApp()

describe('a page that is rendered for a signed-in user', () => {
  it('contains the data of its user, with and without `await`, and no data of other users', async () => {
    const [ada, bob] = [await app.signUp('Ada', ['Water the ferns']), await app.signUp('Bob', ['Secret of Bob'])]
    app.takeServerRequests()
    const { html, status } = await app.get('/tasks', ada.cookie)
    expect(status).toBe(200)
    expect(html).toContain('Tasks of Ada')
    expect(html).toContain('Water the ferns</li>')
    expect(textOf(html, 'count')).toBe('1 tasks')
    expect(textOf(html, 'status')).toBe('authenticated Ada')
    expect(textOf(html, 'authenticated')).toBe('signed in')
    expect(html).not.toContain('Bob')
    expect((await app.get('/tasks', bob.cookie)).html).toContain('Secret of Bob</li>')
  })

  it('requests the session and each query once, and no token if the cookie has a valid one', async () => {
    const ada = await app.signUp('Ada')
    app.takeServerRequests()
    await app.get('/tasks', ada.cookie)
    expect(app.takeServerRequests().sort()).toEqual(['GET /api/auth/get-session', 'POST /api/query', 'POST /api/query'])
  })

  it('is private, and contains the user\'s token but not the secret of the session', async () => {
    const ada = await app.signUp('Ada')
    const { html, headers } = await app.get('/tasks', ada.cookie)
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(headers.get('vary')?.toLowerCase()).toContain('cookie')
    expect(html).toContain(ada.cookies.get('better-auth.convex_jwt'))
    const secret = decodeURIComponent(ada.cookies.get('better-auth.session_token')!).split('.')[0]!
    expect(html).not.toContain(secret)
  })

  it('requests a token if the cookie is missing, and sets the cookie', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    ada.cookies.delete('better-auth.convex_jwt')
    app.takeServerRequests()
    const { html, headers } = await app.get('/tasks', ada.cookie)
    expect(html).toContain('Water the ferns</li>')
    expect(app.takeServerRequests().filter(path => path.endsWith('/convex/token'))).toHaveLength(1)
    expect(headers.getSetCookie().join()).toMatch(/better-auth\.convex_jwt=[\w-]+\./)
  })

  it('contains the new token if the deployment has rejected the token of the cookie', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const refused = ada.cookies.get('better-auth.convex_jwt')!.replace(/[^.]+$/, signature => 'A'.repeat(signature.length))
    setBoundToken(ada.cookies, refused)
    app.takeServerRequests()
    const { html } = await app.get('/tasks', ada.cookie)
    expect(html).toContain('Water the ferns</li>')
    expect(html).not.toContain(refused)
    expect(html).toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)
    expect(app.takeServerRequests().filter(path => path.endsWith('/convex/token'))).toHaveLength(1)
  })

  it('is anonymous without a session, and has no identity if Better Auth does not answer', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    expect(textOf((await app.get('/tasks')).html, 'status')).toBe('unauthenticated')
    expect(textOf((await app.get('/tasks')).html, 'unauthenticated')).toBe('anonymous')
    app.intercept(({ url }) => /get-session|token/.test(url) ? new Response('a firewall', { status: 403 }) : undefined)
    const { html } = await app.get('/public', ada.cookie)
    expect(textOf(html, 'status')).toBe('loading')
    expect([textOf(html, 'public'), textOf(html, 'mine')]).toEqual(['anonymous', 'pending'])
  })

  it('is rendered for the session\'s user if the cookie has another user\'s token', async () => {
    const [ada, bob] = [await app.signUp('Ada', ['Secret of Ada']), await app.signUp('Bob', ['Secret of Bob'])]
    bob.cookies.set('better-auth.convex_jwt', ada.cookies.get('better-auth.convex_jwt')!)
    const { html } = await app.get('/tasks', bob.cookie)
    expect(textOf(html, 'status')).toBe('authenticated Bob')
    expect(html).toContain('Secret of Bob</li>')
    expect(html).not.toMatch(/Secret of Ada/)
    expect(html).not.toContain(ada.cookies.get('better-auth.convex_jwt'))
  })

  it('has the status loading, and no query runs, if Better Auth issues another user\'s token', async () => {
    const [ada, bob] = [await app.signUp('Ada', ['Secret of Ada']), await app.signUp('Bob', ['Secret of Bob'])]
    app.intercept(({ url }) => url.endsWith('/convex/token')
      ? Response.json({ token: ada.cookies.get('better-auth.convex_jwt') })
      : undefined)
    bob.cookies.delete('better-auth.convex_jwt')
    app.takeServerRequests()
    const { html } = await app.get('/tasks', bob.cookie)
    expect(textOf(html, 'status')).toBe('loading')
    expect(html).not.toMatch(/Secret of/)
    expect(html).not.toContain(ada.cookies.get('better-auth.convex_jwt'))
    expect(app.takeServerRequests()).not.toContain('POST /api/query')
  })

  it('is anonymous if the session has ended, even if its token is still valid', async () => {
    const ada = await app.signUp('Ada', ['Secret of Ada'])
    app.intercept(({ url }) => url.endsWith('/get-session') ? Response.json(null) : undefined)
    const { html } = await app.get('/public', ada.cookie)
    expect([textOf(html, 'status'), textOf(html, 'mine')]).toEqual(['unauthenticated', 'anonymous'])
  })
})

describe('a query of a rendered page', () => {
  it('runs anonymously with `auth: \'public\'`, without a token', async () => {
    const ada = await app.signUp('Ada')
    const authorized: (string | null)[] = []
    app.intercept(({ url, headers }) => void (url.endsWith('/api/query') && authorized.push(headers.get('authorization')?.slice(0, 6) ?? null)))
    const { html } = await app.get('/public', ada.cookie)
    expect([textOf(html, 'public'), textOf(html, 'mine')]).toEqual(['anonymous', 'Ada'])
    expect(authorized).toEqual([null, 'Bearer'])
  })

  it('can return every kind of Convex value', async () => {
    const { html } = await app.get('/values')
    expect(textOf(html, 'values')).toBe('bigint 9007199254740993 | true 1,2,255 | NaN | true | Infinity')
  })

  it('sets `error` if it fails, and the page has status 200', async () => {
    const { html, status } = await app.get('/failing')
    expect(status).toBe(200)
    expect([textOf(html, 'error'), textOf(html, 'other')]).toEqual(['error ON_DEMAND 3', 'there'])
  })

  it('sets `error` if the request to the deployment fails', async () => {
    app.intercept(async request => request.url.endsWith('/api/query') && (await request.text()).includes('failingQuery') ? new Response('broken', { status: 503 }) : undefined)
    const { html, status } = await app.get('/failing')
    expect(status).toBe(200)
    expect([textOf(html, 'error'), textOf(html, 'other')]).toEqual(['error FUNCTION_REQUEST_FAILED', 'there'])
  })

  it('runs only in the browser with `ssr: false`', async () => {
    const ada = await app.signUp('Ada')
    app.takeServerRequests()
    const { html } = await app.get('/browser', ada.cookie)
    expect(textOf(html, 'tagged')).toBe('pending')
    expect(app.takeServerRequests()).not.toContain('POST /api/query')
  })
})

describe('a query of a middleware', () => {
  it('has its result before the page is rendered, even if no component waits for it', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    expect(textOf((await app.get('/guarded', ada.cookie)).html, 'first')).toBe('Water the ferns')
  })
})

describe('a page that a cache keeps', () => {
  it.each(['/prerendered', '/cached'])('contains neither a user nor a token, and leaves the identity unknown: %s', async (path) => {
    const ada = await app.signUp('Ada')
    app.takeServerRequests()
    const pages = [await app.get(path, ada.cookie), await app.get(path), await app.get(path, ada.cookie)]
    for (const { html, headers } of pages) {
      expect(textOf(html, 'status')).toBe('loading')
      expect(textOf(html, 'who')).toBe('pending')
      expect(html).not.toContain('Ada')
      expect(html).not.toContain('eyJ')
      expect(headers.get('cache-control') ?? '').not.toContain('private')
    }
    expect(app.takeServerRequests()).toEqual([])
  })
})

describe('a server component', () => {
  it('has the identity of its page', async () => {
    const ada = await app.signUp('Ada')
    expect(textOf((await app.get('/island', ada.cookie)).html, 'island')).toBe('authenticated Ada')
    expect(textOf((await app.get('/island')).html, 'island')).toBe('unauthenticated')
  })

  it('leaves the identity unknown in a page that a cache keeps', async () => {
    const ada = await app.signUp('Ada')
    expect(textOf((await app.get('/cached-island', ada.cookie)).html, 'island')).toBe('loading')
  })
})

describe('useConvexServer and requireConvexUser in a server route', () => {
  it('run as the user of the request', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { html, headers } = await app.get('/api/tasks', ada.cookie)
    expect(JSON.parse(html)).toMatchObject([{ text: 'Water the ferns' }])
    expect(headers.get('cache-control')).toBe('private, no-store')
  })

  it('can require a signed-in user', async () => {
    const ada = await app.signUp('Ada')
    expect(JSON.parse((await app.get('/api/me', ada.cookie)).html)).toEqual({ name: 'Ada' })
    const { status, headers } = await app.get('/api/me')
    expect([status, headers.get('cache-control')]).toEqual([401, 'private, no-store'])
  })

  it('run mutations as the user, unless a page of another site caused the request', async () => {
    const ada = await app.signUp('Ada')
    const post = (origin: string): Promise<Response> => fetch(`${app.url}/api/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cookie': ada.cookie, origin },
      body: JSON.stringify({ text: 'From a route' }),
    })
    const refused = await post('https://evil.example')
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ statusMessage: 'Forbidden', data: { code: 'ORIGIN_UNTRUSTED' } })
    // An attack is not a mistake of the app, and must not fill its log.
    expect(app.log).not.toContain('ORIGIN_UNTRUSTED')
    expect(await app.deployment.query(api.tasks.list, {}, { identity: { subject: ada.userId } })).toEqual([])
    expect((await post(app.url)).status).toBe(200)
    expect(await app.deployment.query(api.tasks.list, {}, { identity: { subject: ada.userId } })).toMatchObject([{ text: 'From a route' }])
  })
})

describe('a server route whose call fails upstream', () => {
  it('answers with status 502, and only the log contains the reason', async () => {
    const ada = await app.signUp('Ada')
    app.intercept(request => request.url.endsWith('/api/query') ? new Response('broken', { status: 503 }) : undefined)
    const { status, html } = await app.get('/api/tasks', ada.cookie)
    expect(status).toBe(502)
    expect(html).not.toContain('FUNCTION_REQUEST_FAILED')
    expect(app.log).toContain('FUNCTION_REQUEST_FAILED')
  })
})

describe('many requests at once', () => {
  it('do not share data: 200 pages of 20 users', async () => {
    const users = await Promise.all(Array.from({ length: 20 }, (_, i) => app.signUp(`User${i}x`, [`Secret of User${i}x`])))
    const pages = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      const user = users[i % 20]!
      const { html, status } = await app.get('/tasks', user.cookie)
      return { user, html, status }
    }))
    for (const { user, html, status } of pages) {
      expect(status).toBe(200)
      expect(html).toContain(`Secret of ${user.name}</li>`)
      expect([...new Set(html.match(/User\d+x/g))]).toEqual([user.name])
      expect([...new Set(html.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g))]).toEqual([user.cookies.get('better-auth.convex_jwt')])
    }
  })
})
