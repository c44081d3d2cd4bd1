import type { NuxtFixture, NuxtFixtureOptions, TestUser } from './fixture.ts'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { endings, expectPrivate } from './endings.ts'
import { textOf, useNuxtApp } from './fixture.ts'
import { buildPreset } from './shared-build.ts'

let netlify: string
beforeAll(async () => {
  netlify = await buildPreset('netlify')
})

const presets: [string, NuxtFixtureOptions][] = [
  ['node-server', {}],
  ['netlify', { output: () => netlify, entry: { host: fileURLToPath(new URL('./netlify-host.ts', import.meta.url)) } }],
]

const ANONYMOUS = 'no token false null null 401'
/** The data that a response must not contain if a cache keeps the response. */
const OF_ADA = /Ada|eyJ|ada\d*@/

describe.each(presets)('on %s, a page that a cache keeps', (preset, options) => {
  const app = useNuxtApp(options)

  // Nitro caches rendered pages, so each visit has an address of its own.
  let visits = 0
  const visit = async (rule: string, user: TestUser, query = ''): ReturnType<NuxtFixture['get']> =>
    await app.get(`/kept/${rule}?visit=${++visits}${query}`, user.cookie, { accept: 'text/html' })

  it.each(['isr', 'swr', 'cache', 'caf%C3%A9'])('is rendered anonymously, and sends all requests of its rendering anonymously: %s', async (rule) => {
    const ada = await app.signUp('Ada')
    const { status, html, headers } = await visit(rule, ada)
    expect(status).toBe(200)
    expect(textOf(html, 'rendered')).toBe('loading')
    expect(textOf(html, 'island')).toBe('loading')
    expect(textOf(html, 'fetched')).toBe(ANONYMOUS)
    expect(textOf(html, 'relayed')).toBe(`${ANONYMOUS} / ${ANONYMOUS}`)
    expect(textOf(html, 'copied')).toBe(ANONYMOUS)
    expect(textOf(html, 'session')).toBe('no session')
    expect(html).not.toMatch(OF_ADA)
    expect(headers.getSetCookie()).toEqual([])
  })

  it.each(['isr', 'swr', 'cache', 'caf%C3%A9'])('has an anonymous error page: %s', async (rule) => {
    const ada = await app.signUp('Ada')
    const { status, html, headers } = await visit(rule, ada, '&fails')
    expect(status).toBe(500)
    expect(textOf(html, 'failure')).toBe('This page fails')
    expect(textOf(html, 'status')).toBe('loading')
    expect(textOf(html, 'who')).toBe('no data')
    expect(html).not.toMatch(OF_ADA)
    expect(headers.getSetCookie()).toEqual([])
  })

  it('does not affect other pages: they are rendered for the request\'s user, even if they fail', async () => {
    const ada = await app.signUp('Ada')
    const page = await visit('none', ada)
    expect(textOf(page.html, 'rendered')).toBe('authenticated Ada Ada')
    expect(textOf(page.html, 'island')).toBe('authenticated Ada')
    for (const id of ['fetched', 'copied'])
      expect(textOf(page.html, id)).toBe('token true Ada Ada Ada')
    expect(textOf(page.html, 'session')).toBe('Ada')

    const failure = await visit('none', ada, '&fails')
    expect(failure.status).toBe(500)
    expect([textOf(failure.html, 'status'), textOf(failure.html, 'who')]).toEqual(['authenticated Ada', 'Ada'])
    expect(failure.headers.get('cache-control')).toBe('private, no-store')
  })

  it('is private if the method of the request is not GET or HEAD', async () => {
    const ada = await app.signUp('Ada')
    const response = await fetch(`${app.url}/kept/isr`, { method: 'POST', headers: { cookie: ada.cookie } })
    expect(textOf(await response.text(), 'rendered')).toBe('authenticated Ada Ada')
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.get('netlify-cdn-cache-control') ?? 'private, no-store').toBe('private, no-store')
  })

  if (preset === 'netlify') {
    it('has the header that makes the host keep the page', async () => {
      const ada = await app.signUp('Ada')
      for (const { headers } of [await visit('isr', ada), await visit('isr', ada, '&fails')])
        expect(headers.get('netlify-cdn-cache-control')).toContain('public, max-age=60')
    })

    it('is never the response of an auth route, even if a route rule enables a cache', async () => {
      const ada = await app.signUp('Ada')
      const { html, headers } = await app.get('/api/auth/get-session', ada.cookie)
      expect(JSON.parse(html).user.name).toBe('Ada')
      expect(headers.get('cache-control')).toBe('private, no-store')
      expect(headers.has('netlify-cdn-cache-control')).toBe(false)
    })
  }
})

describe('on netlify, a response for which an identity was requested', () => {
  const app = useNuxtApp(presets[1]![1])

  it.each(endings)('is kept out of all caches, and sets the renewed cookie: a response by %s, %i, %s', async (how, status, method) => {
    await expectPrivate(app, how, status, method)
  })
})

describe('a handler that Nitro caches', () => {
  const app = useNuxtApp()

  it('runs anonymously, even if its cache varies by cookies', async () => {
    const ada = await app.signUp('Ada')
    expect((await app.get('/api/cached-handler', ada.cookie)).html).toBe(ANONYMOUS)
  })
})

describe('requests that the app\'s server makes to itself for one response', () => {
  const app = useNuxtApp()

  it('share one request for the session and one for the token', async () => {
    const ada = await app.signUp('Ada')
    ada.cookies.delete('better-auth.convex_jwt')
    app.takeServerRequests()
    const { headers } = await app.get('/api/relay', ada.cookie)
    const asked = app.takeServerRequests().filter(path => path.startsWith('GET'))
    expect(asked.sort()).toEqual(['GET /api/auth/convex/token', 'GET /api/auth/get-session'])
    expect(headers.getSetCookie().filter(cookie => cookie.startsWith('better-auth.convex_jwt='))).toHaveLength(1)
  })

  it('make the response to the external request private', async () => {
    const ada = await app.signUp('Ada')
    const { html, headers } = await app.get('/api/summary', ada.cookie)
    expect(html).toBe('Summary: token true Ada Ada Ada')
    expect(headers.get('cache-control')).toBe('private, no-store')
  })
})
