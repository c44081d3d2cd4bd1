import type { Locator, Page } from 'playwright-core'
import type { Window } from '../support/browser/playground.ts'
import { describe, expect, it } from 'vitest'
import { person, taskRow, usePlayground } from '../support/browser/playground.ts'

const fixture = usePlayground()

async function openForm(): Promise<Window & { userId: string }> {
  const profile = await fixture.openProfile()
  const userId = await fixture.signUp(profile, person('Ada'))
  const window = await fixture.openWindow(profile, '/forms')
  await window.page.getByText('You have not reported a bird yet.').waitFor()
  return { ...window, userId }
}

/** The form, without the code that the page shows beside it. */
const formOf = (page: Page): Locator => page.getByRole('main').locator('form')

/** The accessible description of the field for the bird. */
function descriptionOf(page: Page): Promise<string | undefined> {
  return page.getByLabel('Bird').evaluate(input => document.getElementById(input.getAttribute('aria-describedby')!)?.textContent.trim())
}

describe('the page with a form', () => {
  it('shows errors of the schema and the server at the fields, and focuses the first such field', async () => {
    const { page, userId, expectProblem } = await openForm()
    expectProblem(/sightings:report/)
    const { deployment } = fixture.playground
    const bird = page.getByLabel('Bird')
    const report = page.getByRole('button', { name: 'Report' })

    await report.click()
    await page.locator('input[aria-invalid]:focus').waitFor()
    await formOf(page).getByText('Where was it?').waitFor()
    expect([await bird.getAttribute('aria-invalid'), await descriptionOf(page)]).toEqual(['true', 'Which bird was it?'])
    await page.keyboard.type('Dodo')
    await formOf(page).getByText('Which bird was it?').waitFor({ state: 'detached' })
    await page.getByLabel('wood').check()
    await page.locator('[aria-invalid]').waitFor({ state: 'detached' })

    await report.focus()
    await page.keyboard.press('Enter')
    await formOf(page).getByText('The guide has no bird with the name Dodo.').waitFor()
    await page.locator('input[aria-invalid]:focus').waitFor()
    expect(await descriptionOf(page)).toBe('The guide has no bird with the name Dodo.')

    await bird.fill('Raven')
    await page.locator('[aria-invalid]').waitFor({ state: 'detached' })
    await page.keyboard.press('Enter')
    await taskRow(page, 'Raven, wood').waitFor()
    expect(await bird.inputValue()).toBe('')

    await bird.fill('Raven')
    await page.getByLabel('wood').check()
    await report.click()
    await formOf(page).getByRole('alert').getByText('You have reported this already.').waitFor()
    await deployment!.settled()
    const runs = deployment!.log.filter(({ subject, name }) => subject === userId && name === 'sightings:report')
    expect(runs.map(({ outcome }) => outcome)).toEqual(['error', 'success', 'error'])
  })

  it('sends a double submission once', async () => {
    const { page, userId } = await openForm()
    const { deployment } = fixture.playground
    await page.getByLabel('Bird').fill('Blackbird')
    await page.getByLabel('garden').check()
    await page.getByLabel('Offline').check()
    await page.getByRole('button', { name: 'Report' }).dblclick()
    await page.getByRole('button', { name: 'Reporting…' }).click({ force: true })
    await page.getByLabel('Fast').check()
    await taskRow(page, 'Blackbird, garden').waitFor()
    await deployment!.settled()
    expect(deployment!.log.filter(({ subject, name }) => subject === userId && name === 'sightings:report')).toHaveLength(1)
  })

  it('shows neither the values nor the errors to the next user', async () => {
    const { page } = await openForm()
    await page.getByRole('button', { name: 'Report' }).click()
    await formOf(page).getByText('Where was it?').waitFor()
    await page.getByLabel('Bird').fill('The bird of Ada')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Continue as demo user' }).click()
    await page.getByText('Your latest sightings').waitFor()
    expect(await page.getByLabel('Bird').inputValue()).toBe('')
    expect(await formOf(page).getByText('Where was it?').count()).toBe(0)
  })
})
