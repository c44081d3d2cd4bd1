import { describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { setBoundToken } from '../support/live/auth-cookies.ts'
import { textOf, useNuxtApp } from './fixture.ts'

const app = useNuxtApp()

describe('a page that is rendered for somebody', () => {
  it('has their data in it, whether it was awaited or not, and nobody else\'s', async () => {
    const [ada, bob] = [await app.signUp('Ada', ['Water the ferns']), await app.signUp('Bob', ['Secret of Bob'])]
    app.takeAsked()
    const { html, status } = await app.get('/tasks', ada.cookie)
    expect(status).toBe(200)
    expect(html).toContain('Tasks of Ada')
    expect(html).toContain('Water the ferns</li>')
    expect(textOf(html, 'count')).toBe('1 tasks')
    expect(textOf(html, 'status')).toBe('authenticated Ada')
    expect(textOf(html, 'authenticated')).toBe('somebody')
    expect(html).not.toContain('Bob')
    expect((await app.get('/tasks', bob.cookie)).html).toContain('Secret of Bob</li>')
  })

  it('asks each query once, and who is there once: no token while that of the cookie is good', async () => {
    const ada = await app.signUp('Ada')
    app.takeAsked()
    await app.get('/tasks', ada.cookie)
    expect(app.takeAsked().sort()).toEqual(['GET /api/auth/get-session', 'POST /api/query', 'POST /api/query'])
  })

  it('is for them alone, and holds a token that is theirs but not the secret of their session', async () => {
    const ada = await app.signUp('Ada')
    const { html, headers } = await app.get('/tasks', ada.cookie)
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(headers.get('vary')?.toLowerCase()).toContain('cookie')
    expect(html).toContain(ada.cookies.get('better-auth.convex_jwt'))
    const secret = decodeURIComponent(ada.cookies.get('better-auth.session_token')!).split('.')[0]!
    expect(html).not.toContain(secret)
  })

  it('mints a token when that of the cookie has lapsed, and hands the new cookie on', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    ada.cookies.delete('better-auth.convex_jwt')
    app.takeAsked()
    const { html, headers } = await app.get('/tasks', ada.cookie)
    expect(html).toContain('Water the ferns</li>')
    expect(app.takeAsked().filter(path => path.endsWith('/convex/token'))).toHaveLength(1)
    expect(headers.getSetCookie().join()).toMatch(/better-auth\.convex_jwt=[\w-]+\./)
  })

  it('holds the token that has replaced one of the cookie that the deployment refuses', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const refused = ada.cookies.get('better-auth.convex_jwt')!.replace(/[^.]+$/, signature => 'A'.repeat(signature.length))
    setBoundToken(ada.cookies, refused)
    app.takeAsked()
    const { html } = await app.get('/tasks', ada.cookie)
    expect(html).toContain('Water the ferns</li>')
    expect(html).not.toContain(refused)
    expect(html).toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)
    expect(app.takeAsked().filter(path => path.endsWith('/convex/token'))).toHaveLength(1)
  })

  it('knows nobody from somebody of whom nothing could be found out', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    expect(textOf((await app.get('/tasks')).html, 'status')).toBe('unauthenticated')
    expect(textOf((await app.get('/tasks')).html, 'unauthenticated')).toBe('nobody')
    app.intercept(({ url }) => /get-session|token/.test(url) ? new Response('a firewall', { status: 403 }) : undefined)
    const { html } = await app.get('/public', ada.cookie)
    expect(textOf(html, 'status')).toBe('loading')
    expect([textOf(html, 'public'), textOf(html, 'mine')]).toEqual(['nobody', 'pending'])
  })

  it('is the session\'s user\'s where the token beside it is another user\'s', async () => {
    const [ada, bob] = [await app.signUp('Ada', ['Secret of Ada']), await app.signUp('Bob', ['Secret of Bob'])]
    bob.cookies.set('better-auth.convex_jwt', ada.cookies.get('better-auth.convex_jwt')!)
    const { html } = await app.get('/tasks', bob.cookie)
    expect(textOf(html, 'status')).toBe('authenticated Bob')
    expect(html).toContain('Secret of Bob</li>')
    expect(html).not.toMatch(/Secret of Ada/)
    expect(html).not.toContain(ada.cookies.get('better-auth.convex_jwt'))
  })

  it('is loading where the session and its token disagree, and no query runs', async () => {
    const [ada, bob] = [await app.signUp('Ada', ['Secret of Ada']), await app.signUp('Bob', ['Secret of Bob'])]
    app.intercept(({ url }) => url.endsWith('/convex/token')
      ? Response.json({ token: ada.cookies.get('better-auth.convex_jwt') })
      : undefined)
    bob.cookies.delete('better-auth.convex_jwt')
    app.takeAsked()
    const { html } = await app.get('/tasks', bob.cookie)
    expect(textOf(html, 'status')).toBe('loading')
    expect(html).not.toMatch(/Secret of/)
    expect(html).not.toContain(ada.cookies.get('better-auth.convex_jwt'))
    expect(app.takeAsked()).not.toContain('POST /api/query')
  })

  it('is nobody\'s where the session has ended, although its token is still good', async () => {
    const ada = await app.signUp('Ada', ['Secret of Ada'])
    app.intercept(({ url }) => url.endsWith('/get-session') ? Response.json(null) : undefined)
    const { html } = await app.get('/public', ada.cookie)
    expect([textOf(html, 'status'), textOf(html, 'mine')]).toEqual(['unauthenticated', 'nobody'])
  })
})

describe('a query', () => {
  it('that is public runs as nobody, without a token', async () => {
    const ada = await app.signUp('Ada')
    const authorized: (string | null)[] = []
    app.intercept(({ url, headers }) => void (url.endsWith('/api/query') && authorized.push(headers.get('authorization')?.slice(0, 6) ?? null)))
    const { html } = await app.get('/public', ada.cookie)
    expect([textOf(html, 'public'), textOf(html, 'mine')]).toEqual(['nobody', 'Ada'])
    expect(authorized).toEqual([null, 'Bearer'])
  })

  it('brings every value of Convex', async () => {
    const { html } = await app.get('/values')
    expect(textOf(html, 'values')).toBe('bigint 9007199254740993 | true 1,2,255 | NaN | true | Infinity')
  })

  it('that fails is state of a page that is there', async () => {
    const { html, status } = await app.get('/failing')
    expect(status).toBe(200)
    expect([textOf(html, 'error'), textOf(html, 'other')]).toEqual(['error ON_DEMAND 3', 'there'])
  })

  it('that the deployment does not answer is state as well', async () => {
    app.intercept(async request => request.url.endsWith('/api/query') && (await request.text()).includes('failingQuery') ? new Response('broken', { status: 503 }) : undefined)
    const { html, status } = await app.get('/failing')
    expect(status).toBe(200)
    expect([textOf(html, 'error'), textOf(html, 'other')]).toEqual(['error FUNCTION_REQUEST_FAILED', 'there'])
  })

  it('with `ssr: false` is left to the browser', async () => {
    const ada = await app.signUp('Ada')
    app.takeAsked()
    const { html } = await app.get('/browser', ada.cookie)
    expect(textOf(html, 'tagged')).toBe('pending')
    expect(app.takeAsked()).not.toContain('POST /api/query')
  })
})

describe('a query of a middleware', () => {
  it('is answered before anything is rendered, though nothing waits for it', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    expect(textOf((await app.get('/guarded', ada.cookie)).html, 'first')).toBe('Water the ferns')
  })
})

describe('a page for everybody', () => {
  it.each(['/prerendered', '/cached'])('carries neither a user nor a token, and does not say that nobody is there: %s', async (path) => {
    const ada = await app.signUp('Ada')
    app.takeAsked()
    const pages = [await app.get(path, ada.cookie), await app.get(path), await app.get(path, ada.cookie)]
    for (const { html, headers } of pages) {
      expect(textOf(html, 'status')).toBe('loading')
      expect(textOf(html, 'who')).toBe('pending')
      expect(html).not.toContain('Ada')
      expect(html).not.toContain('eyJ')
      expect(headers.get('cache-control') ?? '').not.toContain('private')
    }
    expect(app.takeAsked()).toEqual([])
  })
})

describe('a server component', () => {
  it('knows who the page is for', async () => {
    const ada = await app.signUp('Ada')
    expect(textOf((await app.get('/island', ada.cookie)).html, 'island')).toBe('authenticated Ada')
    expect(textOf((await app.get('/island')).html, 'island')).toBe('unauthenticated')
  })

  it('does not say that nobody is there in a page for everybody', async () => {
    const ada = await app.signUp('Ada')
    expect(textOf((await app.get('/cached-island', ada.cookie)).html, 'island')).toBe('loading')
  })
})

describe('a route of the app\'s server', () => {
  it('answers as whoever asks', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { html, headers } = await app.get('/api/tasks', ada.cookie)
    expect(JSON.parse(html)).toMatchObject([{ text: 'Water the ferns' }])
    expect(headers.get('cache-control')).toBe('private, no-store')
  })

  it('may require somebody', async () => {
    const ada = await app.signUp('Ada')
    expect(JSON.parse((await app.get('/api/me', ada.cookie)).html)).toEqual({ name: 'Ada' })
    const { status, headers } = await app.get('/api/me')
    expect([status, headers.get('cache-control')]).toEqual([401, 'private, no-store'])
  })

  it('writes as somebody, unless a page of another site asks it to', async () => {
    const ada = await app.signUp('Ada')
    const post = (origin: string): Promise<Response> => fetch(`${app.url}/api/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cookie': ada.cookie, origin },
      body: JSON.stringify({ text: 'From a route' }),
    })
    const refused = await post('https://evil.example')
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ statusMessage: 'Forbidden', data: { code: 'ORIGIN_UNTRUSTED' } })
    // An attack is no mistake of the app: it would fill the log.
    expect(app.log).not.toContain('ORIGIN_UNTRUSTED')
    expect(await app.deployment.query(api.tasks.list, {}, { identity: { subject: ada.userId } })).toEqual([])
    expect((await post(app.url)).status).toBe(200)
    expect(await app.deployment.query(api.tasks.list, {}, { identity: { subject: ada.userId } })).toMatchObject([{ text: 'From a route' }])
  })
})

describe('a server route whose call the deployment does not carry out', () => {
  it('answers 502, with the reason in the log alone', async () => {
    const ada = await app.signUp('Ada')
    app.intercept(request => request.url.endsWith('/api/query') ? new Response('broken', { status: 503 }) : undefined)
    const { status, html } = await app.get('/api/tasks', ada.cookie)
    expect(status).toBe(502)
    expect(html).not.toContain('FUNCTION_REQUEST_FAILED')
    expect(app.log).toContain('FUNCTION_REQUEST_FAILED')
  })
})

describe('many visitors at once', () => {
  it('share nothing: 200 pages of 20 people', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, (_, i) => app.signUp(`Person${i}x`, [`Secret of Person${i}x`])))
    const pages = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      const person = people[i % 20]!
      const { html, status } = await app.get('/tasks', person.cookie)
      return { person, html, status }
    }))
    for (const { person, html, status } of pages) {
      expect(status).toBe(200)
      expect(html).toContain(`Secret of ${person.name}</li>`)
      expect([...new Set(html.match(/Person\d+x/g))]).toEqual([person.name])
      expect([...new Set(html.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g))]).toEqual([person.cookies.get('better-auth.convex_jwt')])
    }
  }, 240_000)
})
