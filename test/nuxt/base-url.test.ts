import { describe, expect, it } from 'vitest'
import { textOf, useNuxtApp } from './fixture.ts'

const app = useNuxtApp({ base: '/base' })

describe('app.baseURL', () => {
  it('is part of the path of the auth routes, on the server and in the auth client', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const { page, requests } = await app.openWindow(await app.openProfile(), '/tasks')
    await page.locator('#unauthenticated').waitFor()
    expect((await app.get('/tasks', ada.cookie)).html).toContain('Water the ferns</li>')
    expect(requests.every(path => /^\w+ \/base\/api\/auth\//.test(path))).toBe(true)
  })

  it('is the base path of redirects to the sign-in page and back', async () => {
    const ada = await app.signUp('Ada')
    expect((await app.get('/account?tab=1')).headers.get('location')).toBe('/base/sign-in?redirect=/account?tab=1')
    expect((await app.get('/sign-in?redirect=/account?tab=1', ada.cookie)).headers.get('location')).toBe('/base/account?tab=1')

    const { page } = await app.openWindow(await app.openProfile(), '/account')
    await page.waitForURL(/\/base\/sign-in\?redirect=/)
    await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
    await page.getByLabel('Email').fill(ada.email)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/base/account')
    await page.getByText('Account of Ada').waitFor()
    expect(textOf(await page.content(), 'status')).toBe('authenticated Ada')
  })
})
