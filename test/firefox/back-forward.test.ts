import { describe, expect, it } from 'vitest'
import { click, isKept, shows, statusesWith, usePlaygroundInFirefox } from './firefox.ts'

const fixture = usePlaygroundInFirefox()

/**
 * Firefox loads each of these pages again: it keeps none of them in these tests. A page that a browser
 * keeps is in test/nuxt/back-forward.test.ts, in Chromium. If `isKept` becomes true here, these tests cover another case.
 */
describe('the Back button of Firefox', () => {
  it('loads the page again without the data of a user who has signed out on another page', async () => {
    const profile = await fixture.openProfile()
    const page = await fixture.openPage(profile, '/')
    await fixture.signUp(page, 'Alice', 'Secret of Alice')
    await page.goto(`${fixture.url}/tasks`)
    await shows(page, 'Secret of Alice')
    await page.goto(`${fixture.url}/account`)
    await shows(page, 'authenticated as Alice')
    await click(page, 'button', 'Sign out')
    await shows(page, 'unauthenticated')

    await page.goBack({ waitUntil: 'load' })
    expect(new URL(page.url()).pathname).toBe('/tasks')
    await shows(page, 'Each task belongs to a user')
    expect(await isKept(page)).toBe(false)
    expect(await statusesWith(page, 'Secret of Alice')).toEqual([])
  })

  it('loads the page again with the data of a user who is still signed in', async () => {
    const profile = await fixture.openProfile()
    const page = await fixture.openPage(profile, '/')
    await fixture.signUp(page, 'Alice', 'Secret of Alice')
    await page.goto(`${fixture.url}/tasks`)
    await shows(page, 'Secret of Alice')
    await page.goto(`${fixture.url}/feed`)
    await shows(page, 'authenticated as Alice')

    await page.goBack({ waitUntil: 'load' })
    await shows(page, 'Secret of Alice')
    expect(await isKept(page)).toBe(false)
    await page.goForward({ waitUntil: 'load' })
    await shows(page, 'Public feed')
    expect(await isKept(page)).toBe(false)
    await shows(page, 'authenticated as Alice')
  })
})
