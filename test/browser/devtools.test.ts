import type { FrameLocator, Locator } from 'playwright-core'
import type { Window } from '../support/browser/playground.ts'
import { describe, expect, it } from 'vitest'
import { person, taskRow, usePlayground } from '../support/browser/playground.ts'
import { startPlayground } from '../support/browser/start-playground.ts'
import { freePort } from '../support/live/free-port.ts'

const fixture = usePlayground(async () => startPlayground({ port: await freePort(), isBuilt: false }))

/** Opens Vue DevTools over the page, with the inspector of Convue. */
async function openInspector({ page, expectProblem }: Window): Promise<FrameLocator> {
  // DevTools load a font from the internet, which a test must not need.
  await page.route(/fonts\.g/, route => route.abort())
  expectProblem(/fonts\.g/)
  await page.locator('#__vue-devtools-container__').waitFor({ state: 'attached' })
  await page.keyboard.press('Alt+Shift+D')
  const devtools = page.frameLocator('#vue-devtools-iframe')
  await devtools.locator('a[href="/custom-inspector-tab-view/convue"]').click()
  return devtools
}

/** A node of the tree. A click on it shows its details, and a click on its arrow shows its children. */
function nodeOf(devtools: FrameLocator, name: string): Locator {
  return devtools.getByText(name, { exact: true }).first()
}

describe('Vue DevTools', () => {
  it('show the queries of the page, with the cause of their last change', async () => {
    const profile = await fixture.openProfile({ width: 1280, height: 900 })
    await fixture.signUp(profile, person('Ada'))
    const window = await fixture.openWindow(profile, '/tasks')
    const { page } = window
    await page.getByText('authenticated as Ada').waitFor()
    await page.getByLabel('New task').fill('Water the ferns')
    await page.getByLabel('New task').press('Enter')
    await taskRow(page, 'Water the ferns').waitFor()

    const devtools = await openInspector(window)
    await devtools.getByText('next renewal in').waitFor()
    await nodeOf(devtools, 'Auth').locator('xpath=../../i').click()
    await devtools.getByText('current state').waitFor()
    await nodeOf(devtools, 'Queries').locator('xpath=../../i').click()
    await devtools.getByText(/^tasks:list \{/).first().click()
    await devtools.getByText('tasks:add of this page').waitFor()
    const text = await devtools.locator('body').textContent()
    expect(text).toMatch(/auth mode\s*:\s*required/)
    expect(text).not.toContain('eyJ')
  })
})
