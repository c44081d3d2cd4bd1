import type { BuiltApp } from './build-app.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { textOf, useNuxtApp } from './fixture.ts'

let built: BuiltApp
beforeAll(async () => {
  built = await buildApp({ tokens: false })
})
afterAll(() => built?.remove())

const app = useNuxtApp({ output: () => built.output })

describe('tokens: false', () => {
  it('renders the user of the session, runs functions anonymously, and requests no token', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    app.takeServerRequests()
    const { html } = await app.get('/tasks', ada.cookie)
    expect(textOf(html, 'status')).toBe('authenticated Ada')
    expect(html).not.toContain('Water the ferns')
    expect(textOf((await app.get('/public', ada.cookie)).html, 'mine')).toBe('anonymous')
    expect(app.takeServerRequests().filter(request => request.includes('/convex/token'))).toEqual([])
  })

  it('applies page rules to the user of the session', async () => {
    const ada = await app.signUp('Ada')
    expect((await app.get('/account', ada.cookie)).status).toBe(200)
    expect((await app.get('/account')).headers.get('location')).toBe('/sign-in?redirect=/account')
  })

  it('runs live queries anonymously in the browser, without a token, and notices a sign-out', async () => {
    const ada = await app.signUp('Ada')
    const { page, requests, sent } = await app.openWindow(await app.openProfile(ada.cookie), '/public')
    await page.locator('#status', { hasText: 'authenticated Ada' }).waitFor()
    expect(await page.locator('#mine').textContent()).toContain('anonymous')
    // The server has rendered this text already.
    await expect.poll(() => sent.flat()).toContain('ModifyQuerySet')
    expect(sent.flat()).not.toContain('Authenticate')
    const status = await page.evaluate(async () => {
      const headers = { 'content-type': 'application/json' }
      return (await fetch('/api/auth/sign-out', { method: 'POST', headers, body: '{}' })).status
    })
    expect(status).toBe(200)
    await page.reload()
    await page.locator('#status', { hasText: 'unauthenticated' }).waitFor()
    expect(requests.filter(path => path.endsWith('/convex/token'))).toEqual([])
  })
})
