import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { person, usePlayground } from '../support/browser/playground.ts'
import { eventually } from '../support/environment/eventually.ts'

const fixture = usePlayground()

const region = (page: Page, name: string): Locator => page.getByRole('region', { name })
const textsIn = (page: Page, name: string): Promise<string[]> => region(page, name).getByRole('listitem').locator('span').allTextContents()
async function notesOn(page: Page): Promise<string[]> {
  return (await region(page, 'Your notes').getByRole('listitem').allTextContents()).map(text => text.trim())
}

async function add(page: Page, text: string): Promise<void> {
  await page.getByLabel('A note').fill(text)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
}

describe('the page of offline notes', () => {
  it('lists waiting notes, discards one note, and writes the other notes once after a reload', async () => {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    const { page } = await fixture.openWindow(profile, '/outbox')
    await page.getByText('You have no notes yet.').waitFor()
    await page.getByLabel('Offline').check()
    for (const text of ['Milk', 'Eggs', 'Tea'])
      await add(page, text)
    await eventually(() => textsIn(page, 'Not written yet')).toEqual(['Milk', 'Eggs', 'Tea'])
    expect(await region(page, 'Not written yet').getByText('waiting').count()).toBe(3)
    await page.getByRole('button', { name: 'Discard Eggs' }).click()
    await eventually(() => textsIn(page, 'Not written yet')).toEqual(['Milk', 'Tea'])

    // The simulated network of the new page is online.
    await page.reload()
    await eventually(() => notesOn(page)).toEqual(['Milk', 'Tea'])
    await page.getByText('Every note is written.').waitFor()
    const { deployment } = fixture.playground
    await deployment!.settled()
    const runs = deployment!.log.filter(({ name, subject }) => name === 'notes:add' && subject === userId)
    expect(runs.map(({ outcome }) => outcome)).toEqual(['success', 'success'])
  })

  it('lists a note that the server refuses, with the reason of the server', async () => {
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page, expectProblem } = await fixture.openWindow(profile, '/outbox')
    expectProblem(/notes:add/)
    await page.getByText('You have no notes yet.').waitFor()
    await add(page, 'x'.repeat(121))
    await page.getByText('refused: That is 121 characters long. 120 is the limit.').waitFor()
    await page.getByRole('button', { name: /^Discard x/ }).click()
    await page.getByText('Every note is written.').waitFor()
  })
})
