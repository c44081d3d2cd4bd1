import type { BrowserContext, Page } from 'playwright-core'
import type { Person } from '../support/browser/playground.ts'
import { describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { tabTo, walkWithTab } from '../support/browser/keyboard.ts'
import { motionsSoFar, recordMotion } from '../support/browser/motion.ts'
import { authStatus, guestPages, playgroundPages } from '../support/browser/playground-pages.ts'
import { person, taskRow, usePlayground } from '../support/browser/playground.ts'
import { png } from '../support/browser/png.ts'

const fixture = usePlayground()

const REDUCED = { reducedMotion: 'reduce' } as const

/** The main action of each page, done with the keys Tab, Enter, Space and letters alone. */
interface MainAction {
  path: string
  /** Whether a user must be signed in. */
  asUser: boolean
  run: (page: Page, user: Person) => Promise<void>
}

/** Reaches a field with Tab, and types a text into it. */
async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }))
  await page.keyboard.type(text)
}

/** Reaches a button or a link with Tab, and presses a key. */
async function use(page: Page, role: 'button' | 'link' | 'radio' | 'checkbox', name: string, key: 'Enter' | 'Space'): Promise<void> {
  await tabTo(page, page.getByRole('main').getByRole(role, { name, exact: true }).first())
  await page.keyboard.press(key)
}

async function untilHeading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name }).waitFor()
}

const mainActions: MainAction[] = [
  { path: '/', asUser: false, async run(page) {
    await use(page, 'button', 'Continue as demo user', 'Enter')
    await page.getByText('Good to see you').waitFor()
  } },
  { path: '/sign-in', asUser: false, async run(page, { email, password }) {
    await type(page, 'Email', email)
    await type(page, 'Password', password)
    await page.keyboard.press('Enter')
    await page.getByText('authenticated as Ada').waitFor()
  } },
  { path: '/sign-up', asUser: false, async run(page) {
    const { name, email, password } = person('Grace')
    await type(page, 'Name', name)
    await type(page, 'Email', email)
    await type(page, 'Password', password)
    await use(page, 'button', 'Sign up', 'Space')
    await page.getByText('authenticated as Grace').waitFor()
  } },
  { path: '/tasks', asUser: true, async run(page) {
    await type(page, 'New task', 'Water the ferns')
    await page.keyboard.press('Enter')
    await taskRow(page, 'Water the ferns').waitFor()
    await use(page, 'checkbox', 'Water the ferns', 'Space')
    await expect.poll(() => page.getByRole('checkbox', { name: 'Water the ferns' }).isChecked()).toBe(true)
  } },
  { path: '/feed', asUser: true, async run(page) {
    await type(page, 'Say something to everybody', 'Hello from the keyboard')
    await use(page, 'button', 'Post', 'Enter')
    await page.getByRole('region', { name: 'Posts' }).getByText('Hello from the keyboard').waitFor()
  } },
  { path: '/queries', asUser: false, async run(page) {
    await type(page, 'Name of a bird', 'raven')
    await page.getByRole('list', { name: 'Birds' }).getByRole('link', { name: 'Raven' }).waitFor()
    await use(page, 'link', 'Raven', 'Enter')
    await untilHeading(page, 'Raven')
  } },
  { path: '/queries/Raven', asUser: false, async run(page) {
    await use(page, 'link', 'Back to the queries', 'Enter')
    await untilHeading(page, 'Queries')
  } },
  { path: '/pagination', asUser: true, async run(page) {
    await type(page, 'Bird', 'Wren')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Remove Wren' }).waitFor()
  } },
  { path: '/scrolling', asUser: true, async run(page) {
    await use(page, 'button', 'Fill the list', 'Enter')
    const list = page.getByRole('region', { name: 'Sightings' })
    await list.waitFor()
    // The list has replaced the button, and has the focus. Tab also reaches it.
    await expect.poll(() => list.evaluate(element => element === document.activeElement)).toBe(true)
    await page.keyboard.press('Tab')
    await tabTo(page, list)
    await page.keyboard.press('End')
    await expect.poll(() => list.evaluate(({ scrollTop }) => scrollTop)).toBeGreaterThan(0)
  } },
  { path: '/optimistic', asUser: true, async run(page) {
    await use(page, 'button', 'Get six songs', 'Enter')
    const like = page.getByRole('button', { name: /^Like / }).first()
    await tabTo(page, like)
    await page.keyboard.press('Space')
    await expect.poll(() => like.getAttribute('aria-pressed')).toBe('true')
  } },
  { path: '/outbox', asUser: true, async run(page) {
    await type(page, 'A note', 'Call the vet')
    await use(page, 'button', 'Add', 'Enter')
    await page.getByRole('region', { name: 'Your notes' }).getByText('Call the vet').waitFor()
  } },
  { path: '/presence', asUser: true, async run(page) {
    await use(page, 'link', 'coast', 'Enter')
    await page.getByRole('region', { name: 'In the coast' }).getByRole('listitem').getByText('(you)').waitFor()
  } },
  { path: '/uploads', asUser: true, async run(page) {
    await tabTo(page, page.locator('input[type=file]'))
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Space')])
    await chooser.setFiles({ name: 'fern.png', mimeType: 'image/png', buffer: png(40, 40, [20, 120, 60]) })
    await page.getByRole('img', { name: 'fern.png' }).waitFor()
  } },
  { path: '/forms', asUser: true, async run(page) {
    await type(page, 'Bird', 'Raven')
    await tabTo(page, page.getByRole('radio', { name: 'garden' }))
    await page.keyboard.press('Space')
    await use(page, 'button', 'Report', 'Enter')
    await page.getByText('Raven, garden').waitFor()
  } },
  { path: '/offline', asUser: false, async run(page) {
    const app = page.getByRole('region', { name: 'The public feed' }).locator('dl')
    await app.evaluate(element => element.id = 'before')
    await use(page, 'button', 'Start again', 'Enter')
    await page.locator('#before').waitFor({ state: 'detached' })
    await app.getByText('success').waitFor()
  } },
  { path: '/account', asUser: true, async run(page, { password }) {
    await type(page, 'Current password', password)
    await type(page, 'New password', `${password} 2`)
    await use(page, 'button', 'Change password', 'Enter')
    await page.getByText('Your password is changed.').waitFor()
  } },
  { path: '/inspector', asUser: true, async run(page) {
    await use(page, 'button', 'Cut the connection', 'Enter')
    await page.getByRole('region', { name: 'Connection', exact: true }).getByText(/^[2-9]$/).first().waitFor()
  } },
  { path: '/mocks', asUser: false, async run(page) {
    await use(page, 'link', 'error', 'Enter')
    await page.getByRole('region', { name: 'The component' }).getByRole('alert').waitFor()
  } },
  { path: '/tabs.html', asUser: true, async run(page) {
    await use(page, 'button', 'Add a task', 'Enter')
    await taskRow(page, 'Task 1').waitFor()
  } },
  { path: '/no/such/page', asUser: false, async run(page) {
    await use(page, 'link', 'Back to the start', 'Enter')
    await untilHeading(page, 'Live data that knows who is asking')
  } },
]

/** Signs up a user with a row in each list, and without a page. */
async function signUpWithRows(profile: BrowserContext): Promise<void> {
  const identity = { subject: await fixture.signUp(profile, person('Ada')) }
  const deployment = fixture.playground.deployment!
  await deployment.mutation(api.songs.seed, {}, { identity })
  await deployment.mutation(api.sightings.add, { bird: 'Wren', place: 'garden' }, { identity })
  await deployment.mutation(api.tasks.add, { text: 'Water the ferns' }, { identity })
}

/** Each thing that a keyboard user of a page would miss, on a narrow and on a wide screen. */
async function findProblems(page: Page): Promise<string[]> {
  const problems: string[] = []
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    const { expected, reached, hidden, backwards } = await walkWithTab(page)
    expect(expected.length, `controls at ${width} px`).toBeGreaterThan(2)
    problems.push(
      ...expected.filter(name => !reached.includes(name)).map(name => `${width} px: Tab does not reach ${name}`),
      ...hidden.map(name => `${width} px: the focus is not visible on ${name}`),
      ...backwards.map(step => `${width} px: Tab goes back from ${step}`),
    )
  }
  return problems
}

describe('the key Tab', () => {
  it.for(playgroundPages)('$path: reaches each control in visual order, and shows the focus', async ({ path, heading }) => {
    const profile = await fixture.openProfile()
    const guest = await fixture.openWindow(profile, path)
    await untilHeading(guest.page, heading)
    await authStatus(guest.page, 'unauthenticated').waitFor()
    expect(await findProblems(guest.page)).toEqual([])
    if (guestPages.includes(path))
      return

    await signUpWithRows(profile)
    const { page } = await fixture.openWindow(profile, path)
    await page.getByText('authenticated as Ada').waitFor()
    await page.locator('.state-note.is-pending, [aria-busy=true]').first().waitFor({ state: 'detached' })
    expect(await findProblems(page)).toEqual([])
  })
})

describe('the keyboard alone', () => {
  it('has a main action in this file for each page', () => {
    expect(mainActions.map(({ path }) => path)).toEqual(playgroundPages.map(({ path }) => path))
  })

  it.for(mainActions)('$path: does the main action, without visible motion if users prefer that', async ({ path, asUser, run }) => {
    const profile = await fixture.openProfile({ width: 1280, height: 800 }, REDUCED)
    await recordMotion(profile)
    const ada = person('Ada')
    if (path === '/sign-in' || asUser)
      await fixture.signUp(profile, ada)
    if (!asUser)
      await profile.clearCookies()
    const { page } = await fixture.openWindow(profile, path)
    await authStatus(page, asUser ? 'authenticated as Ada' : 'unauthenticated').waitFor()
    await run(page, ada)
    expect(await motionsSoFar(page)).toEqual([])
  })

  it('opens the menu of a narrow screen, closes it with Escape, and follows its links', async () => {
    const profile = await fixture.openProfile({ width: 360, height: 800 })
    const { page } = await fixture.openWindow(profile, '/')
    await page.locator('.live-line').getByText('unauthenticated').waitFor()
    const menu = page.getByRole('button', { name: 'Pages, you are on' })
    const link = page.getByRole('link', { name: 'Pagination', exact: true })
    await tabTo(page, menu)
    await page.keyboard.press('Enter')
    await tabTo(page, link)
    await page.keyboard.press('Escape')
    await link.waitFor({ state: 'hidden' })
    expect(await menu.evaluate(element => element === document.activeElement)).toBe(true)
    await page.keyboard.press('Space')
    await tabTo(page, link)
    await page.keyboard.press('Enter')
    await untilHeading(page, 'Pagination')
  })
})

describe('a page with motion', () => {
  it('shows the messages of the socket as they travel', async () => {
    const profile = await fixture.openProfile()
    await recordMotion(profile)
    const { page } = await fixture.openWindow(profile, '/feed')
    await expect.poll(() => motionsSoFar(page)).toContainEqual(expect.stringContaining('travel'))
  })
})
