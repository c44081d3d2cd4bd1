import type { Page } from 'playwright-core'
import { Buffer } from 'node:buffer'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { findViolationsOfEachLook } from '../support/browser/axe.ts'
import { authStatus, guestPages, playgroundPages } from '../support/browser/playground-pages.ts'
import { person, taskRow, usePlayground } from '../support/browser/playground.ts'

const fixture = usePlayground()

/** The focused element, as its accessible name or its tag. */
function focusOf(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement!.getAttribute('aria-label') ?? document.activeElement!.tagName)
}

describe('the pages of the playground', () => {
  it('are all listed in playground-pages.ts', () => {
    const playground = join(import.meta.dirname, '../../playground')
    const otherEntries = readdirSync(playground).filter(file => file.endsWith('.html') && file !== 'index.html')
    const files = [...readdirSync(join(playground, 'src/pages')), ...otherEntries]
    expect(files).toHaveLength(playgroundPages.length)
  })

  it.for(playgroundPages)('$path has no axe violation in light and dark, narrow and wide, for any user', async ({ path, heading }) => {
    const profile = await fixture.openProfile()
    const guest = await fixture.openWindow(profile, path)
    await guest.page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await authStatus(guest.page, 'unauthenticated').waitFor()
    expect(await findViolationsOfEachLook(guest.page)).toEqual([])
    if (guestPages.includes(path))
      return

    const identity = { subject: await fixture.signUp(profile, person('Ada')) }
    const deployment = fixture.playground.deployment!
    await deployment.mutation(api.songs.seed, {}, { identity })
    await deployment.mutation(api.sightings.seed, {}, { identity })
    await deployment.mutation(api.tasks.add, { text: 'Water the ferns' }, { identity })
    const user = await fixture.openWindow(profile, path)
    await user.page.getByText('authenticated as Ada').waitFor()
    await user.page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
    expect(await findViolationsOfEachLook(user.page)).toEqual([])
  })
})

describe('the keyboard focus', () => {
  it('moves to the next task when a task is removed, and to the heading after the last task', async () => {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    for (const text of ['First', 'Second'])
      await fixture.playground.deployment!.mutation(api.tasks.add, { text }, { identity: { subject: userId } })
    const { page } = await fixture.openWindow(profile, '/tasks')
    await taskRow(page, 'First').waitFor()

    await page.getByRole('button', { name: 'Remove First' }).press('Enter')
    await taskRow(page, 'First').waitFor({ state: 'detached' })
    expect(await focusOf(page)).toBe('Remove Second')
    await page.keyboard.press('Enter')
    await page.getByText('No tasks yet').waitFor()
    expect(await focusOf(page)).toBe('H1')
  })

  it('moves to the list of songs when the list replaces the button that fills it', async () => {
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page } = await fixture.openWindow(profile, '/optimistic')
    await page.getByRole('button', { name: 'Get six songs' }).press('Enter')
    await page.getByRole('list', { name: 'Songs' }).waitFor()
    expect(await focusOf(page)).toBe('Songs')
  })
})

describe('the auth status in the inspector', () => {
  it.for([320, 360, 768, 1280])('fits on one line of a screen %i pixels wide', async (width) => {
    const profile = await fixture.openProfile({ width, height: 800 })
    const { page } = await fixture.openWindow(profile, '/inspector')
    const status = page.getByRole('region', { name: 'Auth' }).getByText('unauthenticated')
    await status.waitFor()
    const { height } = (await status.boundingBox())!
    expect(height).toBeLessThan(2 * await status.evaluate(element => Number.parseFloat(getComputedStyle(element).fontSize)))
  })
})

describe('a sign-out that fails', () => {
  it('shows what the user can do, without an error code', async () => {
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page, expectProblem } = await fixture.openWindow(profile, '/')
    await page.getByText('Good to see you, Ada').waitFor()
    expectProblem(/status of 503 .*sign-out/)
    await page.route('**/api/auth/sign-out', route => route.fulfill({ status: 503, body: 'unavailable' }))

    await page.getByRole('button', { name: 'Sign out' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('Signing out did not work. Check your connection and try again. You are still signed in.').waitFor()
    expect(await alert.textContent()).not.toMatch(/[A-Z]+_[A-Z]+/)
  })
})

describe('an empty picture file', () => {
  it('is not sent, and the page shows the reason', async () => {
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page, sent } = await fixture.openWindow(profile, '/uploads')
    await page.getByText('No pictures yet').waitFor()
    await page.locator('input[type=file]').setInputFiles({ name: 'nothing.png', mimeType: 'image/png', buffer: Buffer.alloc(0) })
    await page.getByRole('alert').getByText('nothing.png: empty').waitFor()
    expect(sent.flat()).not.toContain('Mutation')
  })
})
