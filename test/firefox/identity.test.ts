import { describe, expect, it } from 'vitest'
import { click, shows, signIn, statusesWith, usePlaygroundInFirefox } from './firefox.ts'

const fixture = usePlaygroundInFirefox()

describe('an identity change in Firefox', () => {
  it('shows no row of the previous user in any animation frame', async () => {
    const profile = await fixture.openProfile()
    const start = await fixture.openPage(profile, '/')
    const bob = await fixture.signUp(start, 'Bob', 'Secret of Bob')
    await fixture.signUp(start, 'Alice', 'Secret of Alice')
    const page = await fixture.openPage(profile, '/tasks')
    await shows(page, 'Secret of Alice')

    await click(page, 'button', 'Sign out')
    await shows(page, 'Each task belongs to a user')
    await click(page, 'main a', 'Sign in')
    await page.locator('input[type=email]').wait()
    await signIn(page, bob)
    await shows(page, 'Secret of Bob')

    expect(await statusesWith(page, 'Secret of Alice')).toEqual(['authenticated as Alice'])
    expect(await statusesWith(page, 'Secret of Bob')).toEqual(['authenticated as Bob'])
  })
})
