import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { findViolationsOfEachLook } from '../support/browser/axe.ts'
import { person, taskRow, usePlayground } from '../support/browser/playground.ts'
import { eventually } from '../support/environment/eventually.ts'

const fixture = usePlayground()

function fact(page: Page, name: string): Promise<string> {
  return page.locator('.facts > div').filter({ hasText: name }).locator('dd').textContent().then(text => text!.trim())
}

describe('the page /tabs.html of the playground', () => {
  it('shows ten tabs that share one connection, and keeps working when one tab crashes', async () => {
    const profile = await fixture.openProfile()
    const identity = { subject: await fixture.signUp(profile, person('Ada')) }
    const deployment = fixture.playground.deployment!
    await deployment.mutation(api.tasks.add, { text: 'Water the ferns' }, { identity })
    const start = deployment.log.length
    const windows = await Promise.all(Array.from({ length: 10 }, () => fixture.openWindow(profile, '/tabs.html')))
    for (const { page } of windows) {
      await taskRow(page, 'Water the ferns').waitFor()
      await eventually(() => fact(page, 'tabs that share')).toBe('10')
      expect(await fact(page, 'sockets of this tab')).toBe('0')
    }
    expect(deployment.connections).toHaveLength(1)
    expect(deployment.log.slice(start).filter(({ name }) => name === 'tasks:list')).toHaveLength(1)
    const [first, second, ...others] = windows.map(({ page }) => page) as [Page, Page, ...Page[]]
    expect(await findViolationsOfEachLook(first)).toEqual([])

    const crashed = second.waitForEvent('crash')
    const session = await profile.newCDPSession(second)
    session.send('Page.crash').catch(() => {})
    await crashed
    await eventually(() => fact(first, 'tabs that share')).toBe('9')
    await first.getByRole('button', { name: 'Add a task' }).click()
    for (const page of [first, ...others])
      await taskRow(page, 'Task 2').waitFor()
    await eventually(() => deployment.connections).toHaveLength(1)
  })

  it('asks an anonymous user to sign in, without axe violations', async () => {
    const profile = await fixture.openProfile()
    const { page } = await fixture.openWindow(profile, '/tabs.html')
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    expect(await findViolationsOfEachLook(page)).toEqual([])
  })
})
