import type { BrowserContext, Page } from 'playwright-core'
import type { Window } from '../support/browser/playground.ts'
import { describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { launchBrowserWithPageCache } from '../support/browser/browser.ts'
import { person, signIn, taskRow, usePlayground } from '../support/browser/playground.ts'
import { eventually } from '../support/environment/eventually.ts'

const fixture = usePlayground(undefined, launchBrowserWithPageCache)

/** Signs up a user and adds one task. The profile is signed in as this user afterwards. */
async function signUpWithTask(profile: BrowserContext, name: string, text: string) {
  const newUser = person(name)
  const userId = await fixture.signUp(profile, newUser)
  await fixture.playground.deployment!.mutation(api.tasks.add, { text }, { identity: { subject: userId } })
  return newUser
}

async function openTabs(profile: BrowserContext, ...paths: string[]): Promise<Window[]> {
  return await Promise.all(paths.map(path => fixture.openWindow(profile, path)))
}

/** Waits until the page shows an auth status. */
const says = (page: Page, status: string): Promise<void> => page.getByRole('status').getByText(status).first().waitFor()

/** Waits until the windows have painted a task. */
async function shows(windows: Window[], text: string): Promise<void> {
  for (const { page, frames } of windows) {
    await taskRow(page, text).waitFor()
    await frames()
  }
}

/** The auth statuses that a window showed in the frames in which a row contains `text`. */
async function statusesWith({ frames }: Window, text: string): Promise<string[]> {
  const showing = (await frames()).filter(({ rows }) => rows.join().includes(text))
  return [...new Set(showing.map(({ status }) => status))]
}

/** How often each window has requested a path. */
function counts(windows: Window[], path: string): number[] {
  return windows.map(({ authRequests }) => authRequests.filter(asked => asked === path).length)
}

describe('tabs of one browser', () => {
  it('all follow a sign-in, a switch to another user, and a sign-out', async () => {
    const profile = await fixture.openProfile()
    const bob = await signUpWithTask(profile, 'Bob', 'Secret of Bob')
    const alice = await signUpWithTask(profile, 'Alice', 'Secret of Alice')
    await profile.clearCookies()
    const tabs = await openTabs(profile, '/tasks', '/tasks', '/account')
    const [first, second, third] = tabs as [Window, Window, Window]
    for (const { page } of tabs)
      await says(page, 'unauthenticated')

    const { page } = await fixture.openWindow(profile, '/sign-in')
    await signIn(page, alice)
    await shows([first, second], 'Secret of Alice')
    await third.page.getByText(alice.email).waitFor()

    // The sign-in replaces the session, without a sign-out in between.
    const response = await page.evaluate(async ({ email, password }) => {
      const { status } = await fetch('/api/auth/sign-in/email', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email, password }) })
      document.dispatchEvent(new Event('visibilitychange'))
      return status
    }, bob)
    expect(response).toBe(200)
    await shows([first, second], 'Secret of Bob')
    await third.page.getByText(bob.email).waitFor()

    await third.page.getByRole('button', { name: 'Sign out' }).click()
    for (const window of [first, second]) {
      await window.page.getByText('Each task belongs to a user').waitFor()
      expect(await statusesWith(window, 'Secret of Alice')).toEqual(['authenticated as Alice'])
      expect(await statusesWith(window, 'Secret of Bob')).toEqual(['authenticated as Bob'])
    }
  })
})

describe('a tab whose session request fails at first', () => {
  it('retries, and follows the identity change', async () => {
    const profile = await fixture.openProfile()
    const bob = await signUpWithTask(profile, 'Bob', 'Secret of Bob')
    const alice = await signUpWithTask(profile, 'Alice', 'Secret of Alice')
    const [refused, other] = await openTabs(profile, '/tasks', '/account') as [Window, Window]
    await taskRow(refused.page, 'Secret of Alice').waitFor()
    await other.page.getByText(alice.email).waitFor()
    refused.expectProblem(/status of 429/)
    let refusals = 0
    await refused.page.route('**/api/auth/get-session*', route => ++refusals > 3 ? route.continue() : route.fulfill({ status: 429, json: { message: 'Too many requests' } }))

    await other.page.getByRole('button', { name: 'Sign out' }).click()
    await other.page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await signIn(other.page, bob)
    await other.page.getByText(bob.email).waitFor()

    await taskRow(refused.page, 'Secret of Bob').waitFor()
    expect(refusals).toBeGreaterThan(3)
  })
})

describe('ten tabs', () => {
  const paths = Array.from<string>({ length: 10 }).fill('/tasks')

  it('request one token each for every sign-in, and none for a sign-out', async () => {
    const profile = await fixture.openProfile()
    const alice = await signUpWithTask(profile, 'Alice', 'Secret of Alice')
    const startedAt = performance.now()
    // The Better Auth client requests the session when a tab becomes visible, at most once in five
    // seconds.
    const shown = (): number => (performance.now() - startedAt) / 5000
    const tabs = await openTabs(profile, ...paths)
    await Promise.all(tabs.map(({ page }) => taskRow(page, 'Secret of Alice').waitFor()))
    // Page load needs one token. Only the age of the token causes another token request.
    expect(counts(tabs, 'convex/token')).toEqual(tabs.map(() => 1))
    expect(Math.max(...counts(tabs, 'get-session'))).toBeLessThanOrEqual(2 + shown())

    await tabs[3]!.page.getByRole('button', { name: 'Sign out' }).click()
    await Promise.all(tabs.map(({ page }) => page.getByText('Each task belongs to a user').waitFor()))
    expect(counts(tabs, 'convex/token')).toEqual(tabs.map(() => 1))

    const { page } = await fixture.openWindow(profile, '/sign-in')
    await signIn(page, alice)
    await Promise.all(tabs.map(({ page }) => taskRow(page, 'Secret of Alice').waitFor()))
    expect(counts(tabs, 'convex/token')).toEqual(tabs.map(() => 2))
    // Each change causes two session requests: Better Auth announces a sign-out to the tabs, and
    // Convue announces it as well.
    expect(Math.max(...counts(tabs, 'get-session'))).toBeLessThanOrEqual(6 + shown())
  })

  it('back off during a token outage: a tab sends at most 1 + log2(1 + 2t) requests in t seconds', async () => {
    const profile = await fixture.openProfile()
    await signUpWithTask(profile, 'Alice', 'Secret of Alice')
    let isDown = true
    await profile.route('**/api/auth/convex/token', route => isDown ? route.fulfill({ status: 503, body: 'Try again later.' }) : route.continue())
    const startedAt = performance.now()
    const tabs = await openTabs(profile, ...paths)
    for (const { expectProblem } of tabs)
      expectProblem(/status of 503/)
    await eventually(() => Math.min(...counts(tabs, 'convex/token'))).toBeGreaterThanOrEqual(3)

    const asked = counts(tabs, 'convex/token')
    // Step n of the back-off takes between 2 ** (n - 2) and 2 ** (n - 1) seconds.
    const seconds = (performance.now() - startedAt) / 1000
    expect(Math.max(...asked)).toBeLessThanOrEqual(1 + Math.log2(1 + 2 * seconds))
    isDown = false
    await Promise.all(tabs.map(({ page }) => taskRow(page, 'Secret of Alice').waitFor()))
  })
})

describe('a tab that is frozen', () => {
  it('changes to the new user as soon as it runs again', async () => {
    const profile = await fixture.openProfile()
    const bob = await signUpWithTask(profile, 'Bob', 'Secret of Bob')
    const alice = await signUpWithTask(profile, 'Alice', 'Secret of Alice')
    const [asleep, awake] = await openTabs(profile, '/tasks', '/account') as [Window, Window]
    await shows([asleep], 'Secret of Alice')
    await awake.page.getByText(alice.email).waitFor()
    const devtools = await profile.newCDPSession(asleep.page)
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })

    await awake.page.getByRole('button', { name: 'Sign out' }).click()
    await awake.page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await signIn(awake.page, bob)
    await awake.page.getByText(bob.email).waitFor()

    await devtools.send('Page.setWebLifecycleState', { state: 'active' })
    await shows([asleep], 'Secret of Bob')
    expect(await statusesWith(asleep, 'Secret of Alice')).toEqual(['authenticated as Alice'])
    expect(await statusesWith(asleep, 'Secret of Bob')).toEqual(['authenticated as Bob'])
  })
})

describe('a page that the browser restores from its cache', () => {
  /** Opens a page without a script, and returns to the previous page. */
  async function leaveAndReturn(page: Page, meanwhile: () => Promise<unknown>): Promise<void> {
    await page.goto('about:blank')
    await meanwhile()
    await page.goBack({ waitUntil: 'commit' })
  }

  it('shows the current user of the session after each return', async () => {
    const profile = await fixture.openProfile()
    await signUpWithTask(profile, 'Alice', 'Secret of Alice')
    const window = await fixture.openWindow(profile, '/tasks')
    const { page, expectProblem } = window
    // The browser closes the connection of a page that it keeps.
    expectProblem(/WebSocket/)
    await taskRow(page, 'Secret of Alice').waitFor()
    const heap = await page.evaluate(() => Object.assign(globalThis, { isSame: Math.random() }).isSame)

    // The page receives no announcement, and the Better Auth client requests the session at most
    // once in five seconds.
    await leaveAndReturn(page, () => signUpWithTask(profile, 'Bob', 'Secret of Bob'))
    await shows([window], 'Secret of Bob')
    await leaveAndReturn(page, () => signUpWithTask(profile, 'Carol', 'Secret of Carol'))
    await shows([window], 'Secret of Carol')

    expect(await page.evaluate(() => (globalThis as any).isSame)).toBe(heap)
    // The name is part of the session, which may arrive a moment later than the data.
    for (const name of ['Bob', 'Carol'])
      expect([[`authenticated as ${name}`], ['authenticated', `authenticated as ${name}`]]).toContainEqual(await statusesWith(window, `Secret of ${name}`))
  })

  it('shows no data of a user who has signed out on another page', async () => {
    const profile = await fixture.openProfile()
    await signUpWithTask(profile, 'Alice', 'Secret of Alice')
    const { page, expectProblem } = await fixture.openWindow(profile, '/tasks')
    expectProblem(/WebSocket/)
    await taskRow(page, 'Secret of Alice').waitFor()
    await leaveAndReturn(page, async () => {
      const elsewhere = await fixture.openWindow(profile, '/account')
      await elsewhere.page.getByRole('button', { name: 'Sign out' }).click()
      await says(elsewhere.page, 'unauthenticated')
    })
    await page.getByText('Each task belongs to a user').waitFor()
    expect(await taskRow(page, 'Secret of Alice').count()).toBe(0)
  })
})
