import { describe, expect, it } from 'vitest'
import { click, shows, signIn, statusesWith, usePlaygroundInFirefox } from './firefox.ts'

const fixture = usePlaygroundInFirefox()

describe('tabs of Firefox', () => {
  it('follow a sign-out and a sign-in in another tab', async () => {
    const profile = await fixture.openProfile()
    const other = await fixture.openPage(profile, '/')
    const bob = await fixture.signUp(other, 'Bob', 'Secret of Bob')
    await fixture.signUp(other, 'Alice', 'Secret of Alice')
    const tab = await fixture.openPage(profile, '/tasks')
    await shows(tab, 'Secret of Alice')

    await other.bringToFront()
    await other.goto(`${fixture.url}/account`)
    await shows(other, 'authenticated as Alice')
    await click(other, 'button', 'Sign out')
    await tab.bringToFront()
    await shows(tab, 'Each task belongs to a user')

    await other.bringToFront()
    await other.goto(`${fixture.url}/sign-in`)
    await signIn(other, bob)
    await shows(other, 'authenticated as Bob')
    await tab.bringToFront()
    await shows(tab, 'Secret of Bob')
    expect(await statusesWith(tab, 'Secret of Alice')).toEqual(['authenticated as Alice'])
  })
})
