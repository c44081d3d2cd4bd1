import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { findViolationsOfEachLook } from '../support/browser/axe.ts'
import { person, usePlayground } from '../support/browser/playground.ts'
import { eventually } from '../support/environment/eventually.ts'

const fixture = usePlayground()

/** The users of a room, each with "here" or "left". */
async function usersIn(page: Page, room: string): Promise<string[]> {
  const items = page.getByRole('region', { name: `In the ${room}` }).getByRole('listitem')
  return (await items.allInnerTexts()).map(text => text.replace(/\s+/g, ' ').replace(/ at .*/, ''))
}

/** Opens the page as a new user. */
async function enter(name: string): Promise<Page> {
  const profile = await fixture.openProfile()
  await fixture.signUp(profile, person(name))
  const { page } = await fixture.openWindow(profile, '/presence')
  return page
}

describe('the page of presence', () => {
  it('shows another user who enters the room, goes to another one, returns and leaves', async () => {
    const ada = await enter('Ada')
    await eventually(() => usersIn(ada, 'garden')).toEqual(['Ada (you) here'])
    const bea = await enter('Bea')
    await eventually(() => usersIn(bea, 'garden')).toEqual(['Bea (you) here', 'Ada here'])
    await eventually(() => usersIn(ada, 'garden')).toEqual(['Ada (you) here', 'Bea here'])
    expect(await findViolationsOfEachLook(ada)).toEqual([])

    await bea.getByRole('link', { name: 'wood' }).click()
    await eventually(() => usersIn(bea, 'wood')).toEqual(['Bea (you) here'])
    await eventually(() => usersIn(ada, 'garden')).toEqual(['Ada (you) here', 'Bea left'])
    await bea.getByRole('link', { name: 'garden' }).click()
    await eventually(() => usersIn(ada, 'garden')).toEqual(['Ada (you) here', 'Bea here'])
    await bea.close()
    await eventually(() => usersIn(ada, 'garden')).toEqual(['Ada (you) here', 'Bea left'])
  })

  it('lists no user after a sign-out', async () => {
    const ada = await enter('Cleo')
    const bea = await enter('Dora')
    await eventually(async () => (await usersIn(ada, 'garden')).slice(0, 2)).toEqual(['Cleo (you) here', 'Dora here'])
    await bea.getByRole('button', { name: 'Sign out' }).click()
    await bea.getByText('A room lists its users by name.').waitFor()
    expect(await bea.getByText('Cleo').count()).toBe(0)
    await eventually(async () => (await usersIn(ada, 'garden')).slice(0, 2)).toEqual(['Cleo (you) here', 'Dora left'])
  })
})
