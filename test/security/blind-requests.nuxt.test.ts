import type { TestUser } from '../nuxt/fixture.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { textOf, useNuxtApp } from '../nuxt/fixture.ts'
import { api } from '../support/convex/_generated/api.js'

// A link on another site with `rel="noreferrer"`, over http or in an old browser, sends the user's
// cookies and no header that names its origin. The meaning of each header is tested in
// test/server/origin.test.ts.

const BLIND = {}
const FOREIGN = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
const OWN = { 'sec-fetch-site': 'same-origin' }
const ADDRESS_BAR = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }

const app = useNuxtApp()

let ada: TestUser
beforeEach(async () => {
  ada = await app.signUp('Ada')
  app.deployment.log.length = 0
})

async function tasks(): Promise<string[]> {
  const list = await app.deployment.query(api.tasks.list, {}, { identity: { subject: ada.userId } }) as { text: string }[]
  return list.map(({ text }) => text)
}

/** The users as whom `tasks.add` has run, even if it failed. `null` means anonymous. */
async function writers(): Promise<(string | null)[]> {
  await app.deployment.settled()
  return app.deployment.log.filter(({ name }) => name === 'tasks:add').map(({ subject }) => subject)
}

const ROUTES = [
  '/api/write',
  '/api/write?inner=event.$fetch',
  '/api/write?inner=$fetch',
  '/api/write?inner=$fetch+with+an+Origin',
]

describe('a server route that runs a mutation', () => {
  it.each(ROUTES)('runs it for a page of the app and for the address bar: %s', async (path) => {
    expect((await app.get(path, ada.cookie, OWN)).status).toBe(200)
    expect((await app.get(path, ada.cookie, ADDRESS_BAR)).status).toBe(200)
    expect(await tasks()).toEqual(['From a GET', 'From a GET'])
  })

  it.each(ROUTES)('does not run it for a request of unknown or foreign origin: %s', async (path) => {
    expect((await app.get(path, ada.cookie, BLIND)).status).toBe(403)
    expect((await app.get(path, ada.cookie, FOREIGN)).status).toBe(403)
    expect(await writers()).toEqual([])
  })

  it('runs it anonymously for a request without cookies', async () => {
    await app.get('/api/write', '', BLIND)
    expect(await writers()).toEqual([null])
  })

  it('does not run it in an inner request without cookies if another site caused the outer one', async () => {
    await app.get('/api/write?inner=anonymous+$fetch', ada.cookie, BLIND)
    await app.get('/api/write?inner=anonymous+$fetch', ada.cookie, FOREIGN)
    expect(await writers()).toEqual([])
  })
})

describe('a Nuxt page that runs a mutation while it is rendered', () => {
  it('runs it if the user opens the page from the address bar', async () => {
    const { html } = await app.get('/writing', ada.cookie, ADDRESS_BAR)
    expect([textOf(html, 'me'), textOf(html, 'written')]).toEqual(['Ada', 'written'])
    expect(await tasks()).toEqual(['From a page'])
  })

  it('is rendered as the user but does not run it for a request of unknown or foreign origin', async () => {
    for (const headers of [BLIND, FOREIGN]) {
      const { html, status } = await app.get('/writing', ada.cookie, headers)
      expect(status).toBe(200)
      expect([textOf(html, 'me'), textOf(html, 'written')]).toEqual(['Ada', 'refused'])
    }
    expect(await writers()).toEqual([])
  })
})

describe('a server route that only reads', () => {
  it('answers as the user of the cookies, whatever the origin of the request', async () => {
    for (const headers of [BLIND, FOREIGN, OWN])
      expect(JSON.parse((await app.get('/api/whoami', ada.cookie, headers)).html)).toEqual({ name: 'Ada', isAuthenticated: true })
  })
})
