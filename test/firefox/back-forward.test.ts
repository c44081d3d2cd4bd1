import { describe, expect, it } from 'vitest'
import { click, shows, statusesWith, usePlaygroundInFirefox } from './firefox.ts'

const fixture = usePlaygroundInFirefox()

describe('the Back button of Firefox', () => {
  it('does not show the data of a user who has signed out on another page', async () => {
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
    expect(await statusesWith(page, 'Secret of Alice')).toEqual([])
  })

  it('shows the data again if the user is still signed in', async () => {
    const profile = await fixture.openProfile()
    const page = await fixture.openPage(profile, '/')
    await fixture.signUp(page, 'Alice', 'Secret of Alice')
    await page.goto(`${fixture.url}/tasks`)
    await shows(page, 'Secret of Alice')
    await page.goto(`${fixture.url}/feed`)
    await shows(page, 'authenticated as Alice')

    await page.goBack({ waitUntil: 'load' })
    await shows(page, 'Secret of Alice')
    await page.goForward({ waitUntil: 'load' })
    await shows(page, 'Public feed')
    await shows(page, 'authenticated as Alice')
  })
})
