import { describe, expect, it } from 'vitest'
import { textOf, useNuxtApp } from './fixture.ts'

const app = useNuxtApp()

const ANONYMOUS = 'no token false null null 401'

describe('a page with the route rule `convue: { auth: false }`', () => {
  it('is rendered without a user, sends no cookie to the deployment, and may be cached', async () => {
    const ada = await app.signUp('Ada')
    const cookies: (string | null)[] = []
    app.intercept(request => void cookies.push(request.headers.get('cookie')))
    const { status, html, headers } = await app.get('/kept/public', ada.cookie, { accept: 'text/html' })
    expect(status).toBe(200)
    expect(textOf(html, 'rendered')).toBe('loading')
    for (const id of ['fetched', 'copied'])
      expect(textOf(html, id)).toBe(ANONYMOUS)
    expect(html).not.toMatch(/Ada|eyJ/)
    expect(new Set(cookies)).toEqual(new Set([null]))
    expect(headers.get('cache-control')).toBeNull()
    expect(headers.get('vary') ?? '').not.toMatch(/cookie/i)
    expect(headers.getSetCookie()).toEqual([])
  })

  it('has an anonymous error page', async () => {
    const ada = await app.signUp('Ada')
    const { status, html } = await app.get('/kept/public?fails', ada.cookie, { accept: 'text/html' })
    expect(status).toBe(500)
    expect(textOf(html, 'failure')).toBe('This page fails')
    expect(html).not.toMatch(/Ada|eyJ/)
  })

  it('shows the signed-in user once the browser has hydrated it', async () => {
    const ada = await app.signUp('Ada')
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/kept/public')
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'authenticated Ada')
  })
})
