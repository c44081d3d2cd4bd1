import { describe, expect, it } from 'vitest'
import { useNuxtApp } from './fixture.ts'

const app = useNuxtApp()

/** The location to which a response redirects; `null` if it is the page itself. */
async function visit(path: string, cookie?: string): Promise<string | null> {
  const { status, headers } = await app.get(path, cookie)
  expect(status).toBe(headers.has('location') ? 302 : 200)
  return headers.get('location')
}

describe('auth: \'required\' on a page', () => {
  it('redirects an anonymous user to the sign-in page, and back after the sign-in', async () => {
    const ada = await app.signUp('Ada')
    expect(await visit('/account?tab=1')).toBe('/sign-in?redirect=/account?tab=1')
    expect(await visit('/sign-in?redirect=%2Faccount%3Ftab%3D1', ada.cookie)).toBe('/account?tab=1')
    expect(await visit('/account?tab=1', ada.cookie)).toBeNull()
  })

  it('redirects to the page that `redirectTo` names', async () => {
    expect(await visit('/elsewhere')).toBe('/sign-in?from=elsewhere&redirect=/elsewhere')
  })

  it('redirects with a response that caches may not keep', async () => {
    expect((await app.get('/account')).headers.get('cache-control')).toBe('private, no-store')
  })

  it('does not redirect while the identity is unknown', async () => {
    const ada = await app.signUp('Ada')
    app.intercept(({ url }) => /get-session|token/.test(url) ? new Response('a firewall', { status: 403 }) : undefined)
    expect(await visit('/account', ada.cookie)).toBeNull()
    expect(await visit('/sign-in', ada.cookie)).toBeNull()
  })

  it('redirects when the user signs out, and back after the sign-in', async () => {
    const ada = await app.signUp('Ada')
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/')
    await page.getByRole('link', { name: 'Account' }).click()
    await page.getByText('Account of Ada').waitFor()
    await page.getByRole('link', { name: 'Home' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#unauthenticated').waitFor()
    await page.getByRole('link', { name: 'Account' }).click()
    await page.waitForURL(/sign-in\?redirect=/)
    await page.getByLabel('Email').fill(ada.email)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/account')
    await page.getByText('Account of Ada').waitFor()
  })
})

describe('auth: \'guest\' on a page', () => {
  it('redirects a signed-in user to `homePath`', async () => {
    const ada = await app.signUp('Ada')
    expect(await visit('/sign-in')).toBeNull()
    expect(await visit('/sign-in', ada.cookie)).toBe('/')
  })

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)', '/.//evil.example'])('never redirects to another site: %s', async (redirect) => {
    const ada = await app.signUp('Ada')
    expect(await visit(`/sign-in?redirect=${encodeURIComponent(redirect)}`, ada.cookie)).toBe('/')
  })
})
