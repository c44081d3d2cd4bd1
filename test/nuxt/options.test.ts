import type { BuiltApp } from './build-app.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { textOf, useNuxtApp } from './fixture.ts'

/** Long enough for requests that are meant to succeed, also on a busy machine. */
const TIMEOUT_MS = 8000

/**
 * An app without tokens in pages, with `required` as the default rule of pages, with a short timeout, and with
 * Nuxt's payload as a script in the page instead of JSON.
 */
let built: BuiltApp
beforeAll(async () => {
  built = await buildApp({ tokenInPayload: false, pageAuth: 'required', homePath: '/public', server: { timeoutMs: TIMEOUT_MS } }, { renderJsonPayloads: false })
})
afterAll(() => built?.remove())

const app = useNuxtApp({ output: () => built.output })

describe('tokenInPayload: false', () => {
  it('renders pages as the user of the request, without a token', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { html, headers } = await app.get('/tasks', ada.cookie)
    expect(html).toContain('Water the ferns</li>')
    expect(textOf(html, 'status')).toBe('authenticated Ada')
    expect(html).not.toContain('eyJ')
    expect(headers.get('cache-control')).toBe('private, no-store')
  })

  it('requests one token, and makes the page live without a flicker', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { page, requests, sent } = await app.openWindow(await app.openProfile(ada.cookie), '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect(requests.filter(path => path.endsWith('/convex/token'))).toHaveLength(1)
    expect(sent.map(types => types.slice(0, 3))).toEqual([['Connect', 'Authenticate', 'ModifyQuerySet']])
  })

  it('does not show the rendered data if another user has signed in since', async () => {
    const [ada, bob] = [await app.signUp('Ada', ['Secret of Ada']), await app.signUp('Bob', ['Secret of Bob'])]
    const profile = await app.openProfile(ada.cookie)
    // Bob has signed in before Ada's page requests a token.
    await profile.route('**/api/auth/**', async (route) => {
      await route.fulfill({ response: await route.fetch({ headers: { ...route.request().headers(), cookie: bob.cookie } }) })
    })
    // The deployment does not answer: no data of Bob replaces the rendered data.
    await profile.routeWebSocket(/sync/, () => {})
    const { page } = await app.openWindow(profile, '/tasks')
    await page.locator('#status', { hasText: 'Bob' }).waitFor()
    expect(await page.content()).not.toMatch(/Secret of Ada|authenticated Ada/)
    // Otherwise pending requests of the page would outlive its browser.
    await profile.unrouteAll({ behavior: 'wait' })
  })
})

describe('tokenInPayload: false, with a token endpoint that does not answer', () => {
  it('makes the page interactive at once with its data, and live when the token arrives', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const profile = await app.openProfile(ada.cookie)
    // Records the text of the page in each frame.
    await profile.addInitScript(() => {
      const seen: string[] = []
      Object.assign(globalThis, { seen })
      const look = (): void => {
        if (document.querySelector('main')) {
          const shown = [...document.querySelectorAll('#status, #unauthenticated, main li')].map(it => it.textContent.trim()).join(' | ')
          if (shown !== seen.at(-1))
            seen.push(shown)
        }
        requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    })
    let answer!: () => void
    const answered = new Promise<void>(resolve => answer = resolve)
    await profile.route('**/convex/token', async (route) => {
      await answered
      await route.continue()
    })
    const { page, sent } = await app.openWindow(profile, '/tasks')
    await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
    expect(await page.locator('#status').textContent()).toBe('authenticated Ada')

    await page.locator('#status', { hasText: 'loading Ada' }).waitFor()
    expect(await page.locator('main li').allTextContents()).toEqual([expect.stringContaining('Water the ferns')])
    expect(await page.locator('#stale').textContent()).toContain('stale')
    expect(sent.flat()).not.toContain('Connect')

    answer()
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect(await page.locator('#status').textContent()).toBe('authenticated Ada')
    const seen: string[] = await page.evaluate(() => (globalThis as any).seen)
    expect(seen.slice(0, 2)).toEqual(['authenticated Ada | Water the ferns', 'loading Ada | Water the ferns'])
    for (const text of seen)
      expect(text).toMatch(/^(?:authenticated|authenticating|loading) Ada \| Water the ferns$/)
    await profile.unrouteAll({ behavior: 'wait' })
  })
})

describe('renderJsonPayloads: false', () => {
  it('leaves no data of a user in scripts and globals', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    expect((await app.get('/tasks', ada.cookie)).html).toMatch(/window\.__NUXT__=.*convue.*Water the ferns/)
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect(await page.evaluate(() => [...document.scripts].map(({ text }) => text).join())).not.toContain('Water the ferns')
    expect(await page.evaluate(() => JSON.stringify((globalThis as any).__NUXT__))).not.toContain('Water the ferns')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#unauthenticated').waitFor()
    expect(await page.content()).not.toContain('Water the ferns')
  })
})

describe('pageAuth: \'required\'', () => {
  it('redirects from pages without a rule, but not from a page with its own rule', async () => {
    const ada = await app.signUp('Ada')
    expect((await app.get('/values')).headers.get('location')).toBe('/sign-in?redirect=/values')
    expect((await app.get('/sign-in')).status).toBe(200)
    expect((await app.get('/sign-in', ada.cookie)).headers.get('location')).toBe('/public')
  })
})

describe('server.timeoutMs', () => {
  it('limits how long a page waits for a query, and then sets `error` of the query', async () => {
    const ada = await app.signUp('Ada')
    app.intercept(async request => request.url.endsWith('/api/query') && (await request.text()).includes('failingQuery') ? await new Promise(() => {}) : undefined)
    const since = performance.now()
    const { html, status } = await app.get('/failing', ada.cookie)
    expect(performance.now() - since).toBeGreaterThanOrEqual(TIMEOUT_MS - 50)
    expect(status).toBe(200)
    expect([textOf(html, 'error'), textOf(html, 'other')]).toEqual(['error FUNCTION_REQUEST_FAILED', 'there'])
  })

  it('limits how long a page waits for Better Auth; then, the identity is unknown', async () => {
    const ada = await app.signUp('Ada')
    app.intercept(({ url }) => url.endsWith('/get-session') ? new Promise(() => {}) : undefined)
    const { html, status } = await app.get('/account', ada.cookie)
    expect(status).toBe(200)
    expect(textOf(html, 'status')).toBe('loading')
  })
})
