import type { Page } from 'playwright-core'
import type { Frame } from '../support/browser/playground.ts'
import { describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { person, signIn, taskRow, usePlayground } from '../support/browser/playground.ts'

const fixture = usePlayground()

/** Adds a task to the list of a user through the deployment, and not through a page. */
async function addTask(userId: string, text: string): Promise<void> {
  await fixture.playground.deployment!.mutation(api.tasks.add, { text }, { identity: { subject: userId } })
}

/** The auth statuses that the page showed in the frames in which a row contains `text`. */
function statusesWith(frames: Frame[], text: string): string[] {
  const showing = frames.filter(({ rows }) => rows.join().includes(text))
  return [...new Set(showing.map(({ status }) => status))]
}

describe('the sign-up and sign-in forms', () => {
  it('open an empty list for a new user, whose tasks appear live in a second window', async () => {
    const ada = person('Ada')
    const profile = await fixture.openProfile()
    const { page: first } = await fixture.openWindow(profile, '/sign-up')
    await first.getByLabel('Name').fill(ada.name)
    await first.getByLabel('Email').fill(ada.email)
    await first.getByLabel('Password').fill(ada.password)
    await first.locator('form').getByRole('button', { name: 'Sign up' }).click()
    await first.getByText('No tasks yet').waitFor()
    expect(new URL(first.url()).pathname).toBe('/tasks')

    const { page: second } = await fixture.openWindow(profile, '/tasks')
    await second.getByText('No tasks yet').waitFor()
    await first.getByLabel('New task').fill('Water the ferns')
    await first.getByLabel('New task').press('Enter')

    await taskRow(second, 'Water the ferns').waitFor()
    await taskRow(first, 'Water the ferns').getByRole('checkbox').check()
    await second.getByRole('checkbox', { name: 'Water the ferns', checked: true }).waitFor()
    expect(await first.getByLabel('New task').inputValue()).toBe('')
  })

  it('show the reason when a sign-in with a wrong password is refused', async () => {
    const ada = person('Ada')
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, ada)
    await profile.clearCookies()
    const { page, expectProblem } = await fixture.openWindow(profile, '/sign-in')
    expectProblem(/status of 401 .*sign-in\/email/)

    await signIn(page, { ...ada, password: 'not this one' })

    await page.getByRole('alert').getByText('Invalid email or password').waitFor()
    await signIn(page, ada)
    await page.getByText('No tasks yet').waitFor()
  })

  it('leave as soon as the user is signed in in another window', async () => {
    const ada = person('Ada')
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, ada)
    await profile.clearCookies()
    const { page: waiting } = await fixture.openWindow(profile, '/sign-in?redirect=/feed')
    const { page } = await fixture.openWindow(profile, '/sign-in')

    await signIn(page, ada)

    await page.getByText('No tasks yet').waitFor()
    await waiting.waitForURL(({ pathname }) => pathname === '/feed')
  })

  it('are not necessary for the demo user', async () => {
    const { page } = await fixture.openWindow(await fixture.openProfile(), '/')
    await page.getByRole('button', { name: 'Continue as demo user' }).click()
    await page.getByText('Good to see you, Demo user').waitFor()

    const other = await fixture.openWindow(await fixture.openProfile(), '/tasks')
    await other.page.getByRole('button', { name: 'Continue as demo user' }).click()
    await other.page.getByText('No tasks yet').waitFor()
  })
})

describe('the form for a new task', () => {
  it('sends no task without text, and removes the spaces around a text', async () => {
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page, sent } = await fixture.openWindow(profile, '/tasks')
    await page.getByText('No tasks yet').waitFor()
    const button = page.getByRole('button', { name: 'Add task' })

    await page.getByLabel('New task').fill('   ')
    await page.getByLabel('New task').press('Enter')
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    await page.getByLabel('New task').fill('  Water the ferns  ')
    expect(await button.getAttribute('aria-disabled')).toBe('false')
    await button.click()

    await page.getByRole('checkbox', { name: 'Water the ferns', exact: true }).waitFor()
    expect(sent.flat().filter(type => type === 'Mutation')).toHaveLength(1)
  })
})

describe('signing out', () => {
  it('removes the data in other windows of the browser at once, without a reload', async () => {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    await addTask(userId, 'Read the letter')
    const first = await fixture.openWindow(profile, '/tasks')
    const second = await fixture.openWindow(profile, '/tasks')
    await taskRow(first.page, 'Read the letter').waitFor()
    await taskRow(second.page, 'Read the letter').waitFor()

    await first.page.getByRole('button', { name: 'Sign out' }).click()

    await first.page.getByText('Each task belongs to a user').waitFor()
    await second.page.getByText('Each task belongs to a user').waitFor()
    for (const { page, frames } of [first, second]) {
      expect(await taskRow(page, 'Read the letter').count()).toBe(0)
      // The frames begin at page load, so the page has not reloaded. No frame shows the row with
      // another status than Ada's.
      expect(statusesWith(await frames(), 'Read the letter')).toContain('authenticated as Ada')
      expect(statusesWith(await frames(), 'Read the letter')).not.toContainEqual(expect.not.stringMatching(/^authenticated( as Ada)?$/))
    }
  })
})

describe('switching users', () => {
  it('shows no row of the previous user in any animation frame', async () => {
    const [alice, bob] = [person('Alice'), person('Bob')]
    const profile = await fixture.openProfile()
    await addTask(await fixture.signUp(profile, alice), 'Secret of Alice')
    await addTask(await fixture.signUp(profile, bob), 'Secret of Bob')
    await profile.clearCookies()
    const watching = await fixture.openWindow(profile, '/sign-in')
    await signIn(watching.page, alice)
    await taskRow(watching.page, 'Secret of Alice').waitFor()

    // Another window signs Alice out and Bob in. This window has to change its identity as well.
    const { page } = await fixture.openWindow(profile, '/account')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await signIn(page, bob)
    await page.getByText(bob.email).waitFor()

    await taskRow(watching.page, 'Secret of Bob').waitFor()
    const frames = await watching.frames()
    expect(statusesWith(frames, 'Secret of Alice')).toEqual(['authenticated as Alice'])
    expect(statusesWith(frames, 'Secret of Bob')).toContain('authenticated as Bob')
    expect(frames.filter(({ rows }) => rows.join().includes('Alice') && rows.join().includes('Bob'))).toEqual([])
    expect(frames.at(-1)!.rows).toHaveLength(1)
  })

  it('shows no row of the previous user if another tab replaces the session', async () => {
    const profile = await fixture.openProfile()
    await addTask(await fixture.signUp(profile, person('Alice')), 'Secret of Alice')
    const { page, frames } = await fixture.openWindow(profile, '/tasks')
    await page.getByText('authenticated as Alice').waitFor()
    await taskRow(page, 'Secret of Alice').waitFor()

    // The new session is not from a window of the app. The Better Auth client requests the session
    // when the page becomes visible.
    await addTask(await fixture.signUp(profile, person('Bob')), 'Secret of Bob')
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))

    await taskRow(page, 'Secret of Bob').waitFor()
    const shown = await frames()
    expect(statusesWith(shown, 'Secret of Alice')).not.toContainEqual(expect.not.stringMatching(/^authenticated( as Alice)?$/))
    expect(statusesWith(shown, 'Secret of Bob')).toContain('authenticated as Bob')
    expect(statusesWith(shown, 'Secret of Bob')).not.toContain('authenticated as Alice')
  })
})

describe('a reload while signed in', () => {
  it('shows no anonymous frame, and needs one token, one socket and one Authenticate', async () => {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    await addTask(userId, 'Still here')
    const { page, frames, authRequests, sent } = await fixture.openWindow(profile, '/tasks')
    await taskRow(page, 'Still here').waitFor()
    authRequests.length = 0
    sent.length = 0

    await page.reload()

    await taskRow(page, 'Still here').waitFor()
    expect(await frames()).not.toContainEqual(expect.objectContaining({ offersSignIn: true }))
    expect((await frames()).map(({ status }) => status)).not.toContainEqual(expect.stringContaining('unauthenticated'))
    expect(authRequests.filter(path => path === 'convex/token')).toHaveLength(1)
    expect(sent).toEqual([['Connect', 'Authenticate', 'ModifyQuerySet']])
  })
})

describe('changing the password', () => {
  it('shows why the old password is refused, then changes it', async () => {
    const ada = person('Ada')
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, ada)
    const { page, expectProblem } = await fixture.openWindow(profile, '/account')
    // The Convex client reports each mutation that fails.
    expectProblem(/account:changePassword/)

    await page.getByLabel('Current password').fill('not this one')
    await page.getByLabel('New password').fill('a brand new password')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByRole('alert').getByText('That is not your current password.').waitFor()

    await page.getByLabel('Current password').fill(ada.password)
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Your password is changed.').waitFor()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await signIn(page, { ...ada, password: 'a brand new password' })
    await page.getByText(ada.email).waitFor()
  })
})

describe('the inspector', () => {
  it('shows the result of its own subscription', async () => {
    const profile = await fixture.openProfile()
    const guest = await fixture.openWindow(profile, '/inspector')
    await guest.page.getByText('auth.getCurrentUser({})').waitFor()
    expect(await guest.page.getByText('No subscriptions').count()).toBe(0)

    const ada = person('Ada')
    await fixture.signUp(profile, ada)
    const { page } = await fixture.openWindow(profile, '/inspector')
    await page.getByRole('region', { name: 'A live query' }).getByText(`Ada <${ada.email}>`).waitFor()
    await page.getByText('auth.getCurrentUser({})').waitFor()
    expect(await page.getByText('No subscriptions').count()).toBe(0)
  })
})

describe('the public feed', () => {
  it('shows new posts live to an anonymous user, and offers to sign in', async () => {
    const guest = await fixture.openWindow(await fixture.openProfile(), '/feed')
    await guest.page.getByText('There are no posts yet').waitFor()
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page, sent } = await fixture.openWindow(profile, '/feed')

    await page.getByLabel('Say something').fill('   ')
    const button = page.getByRole('button', { name: 'Post' })
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    // `aria-disabled` does not prevent a click.
    await button.click({ force: true })
    await page.getByLabel('Say something').fill('  Good morning ')
    await button.click()

    const post = guest.page.getByRole('article').filter({ hasText: 'Good morning' })
    await post.getByText('Ada').waitFor()
    expect(sent.flat().filter(type => type === 'Mutation')).toHaveLength(1)
    expect(await guest.page.getByText('You are reading as a guest').isVisible()).toBe(true)
  })
})

describe('the mocks', () => {
  it('show a component in each state, whose calls the page answers', async () => {
    const { page } = await fixture.openWindow(await fixture.openProfile(), '/mocks')
    const frame = page.getByRole('region', { name: 'The component' })
    await frame.getByRole('checkbox', { name: 'Water the ferns' }).check()
    await page.getByText('1 call of tasks:toggle recorded.').waitFor()
    await frame.getByRole('button', { name: 'Remove Water the ferns' }).click()
    await frame.getByText('No tasks yet').waitFor()
    for (const [state, text] of [['loading', 'Loading your tasks'], ['error', 'Out of order'], ['anonymous', 'Sign in to see your tasks'], ['data', 'Water the ferns']] as const) {
      await page.getByRole('link', { name: state, exact: true }).click()
      await frame.getByText(text).waitFor()
    }
  })
})

describe('a user without a mouse', () => {
  it('can filter, tick and remove a task', async () => {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    await addTask(userId, 'First')
    await addTask(userId, 'Second')
    const { page } = await fixture.openWindow(profile, '/tasks')
    await taskRow(page, 'First').waitFor()

    await page.getByRole('checkbox', { name: 'First' }).focus()
    await page.keyboard.press('Space')
    await page.getByRole('checkbox', { name: 'First', checked: true }).waitFor()
    await page.getByRole('link', { name: 'open' }).focus()
    await page.keyboard.press('Enter')
    await taskRow(page, 'First').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Remove Second' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Nothing left to do.').waitFor()
  })

  it('has the focus on the heading of a page after opening its link', async () => {
    const { page } = await fixture.openWindow(await fixture.openProfile(), '/')
    await page.getByRole('link', { name: 'Feed', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.locator('h1:focus').getByText('Public feed').waitFor()
    expect(await page.title()).toBe('Public feed · Convue')
  })
})

describe('a screen 320 pixels wide', () => {
  it('shows each page without horizontal scrolling', async () => {
    const widths: Record<string, number> = {}
    const measure = async (page: Page, heading: string): Promise<void> => {
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      widths[heading] = await page.evaluate(() => document.documentElement.scrollWidth)
    }
    const choose = async (page: Page, link: string, heading: string, data: string): Promise<void> => {
      // The links do not fit beside each other, so a button shows them.
      await page.getByRole('button', { name: 'Pages, you are on' }).click()
      await page.getByRole('link', { name: link, exact: true }).click()
      await page.getByText(data).or(page.getByLabel(data)).first().waitFor()
      await measure(page, heading)
      expect(await page.getByRole('link', { name: link, exact: true }).isVisible()).toBe(false)
    }
    const profile = await fixture.openProfile({ width: 320, height: 640 })
    const { page: guest } = await fixture.openWindow(profile, '/')
    for (const [link, heading] of [['Sign in', 'Sign in'], ['Sign up', 'Sign up'], ['Convue', 'Live data that knows who is asking']] as const) {
      await guest.getByRole('link', { name: link, exact: true }).first().click()
      await measure(guest, heading)
    }

    const userId = await fixture.signUp(profile, person('Ada'))
    for (const seed of [api.songs.seed, api.sightings.seed])
      await fixture.playground.deployment!.mutation(seed, {}, { identity: { subject: userId } })
    const { page } = await fixture.openWindow(profile, '/')
    await page.getByText('Good to see you, Ada').waitFor()
    await choose(page, 'Tasks', 'My tasks', 'No tasks yet')
    await choose(page, 'Feed', 'Public feed', 'Say something')
    await choose(page, 'Queries', 'Queries', 'You have seen 240 birds')
    await choose(page, 'Pagination', 'Pagination', '20 rows loaded')
    await choose(page, 'Optimistic', 'Optimistic updates', 'Title of The long way home')
    await choose(page, 'Uploads', 'Uploads', 'No pictures yet')
    await choose(page, 'Forms', 'Forms', 'Bird')
    await choose(page, 'Account', 'Account', 'Session ends')
    await choose(page, 'Inspector', 'Inspector', 'auth.getCurrentUser({})')

    expect(Object.entries(widths).filter(([, width]) => width > 320)).toEqual([])
    expect(Object.keys(widths)).toHaveLength(12)
  })
})

/** Runs in the page. The results in its IndexedDB, as JSON. */
async function storedResults(): Promise<string> {
  // The name of the page's store and the deployment's URL. The outbox has a database of its own.
  const stored = (await indexedDB.databases()).find(({ name }) => name!.startsWith('playground:'))
  if (!stored)
    return ''
  const opening = indexedDB.open(stored.name!)
  await new Promise(resolve => opening.onsuccess = resolve)
  const reading = opening.result.transaction('results').objectStore('results').getAll()
  await new Promise(resolve => reading.onsuccess = resolve)
  opening.result.close()
  return JSON.stringify(reading.result)
}

describe('the page about stored results', () => {
  it('shows stale results after a reload without a network, and live results once it is back', async () => {
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page, expectProblem } = await fixture.openWindow(profile, '/feed')
    await page.getByLabel('Say something to everybody').fill('Stored in the browser')
    await page.getByRole('button', { name: 'Post' }).click()
    await page.getByRole('listitem').getByText('Stored in the browser').waitFor()
    await page.goto('/offline')
    const frame = page.getByRole('region', { name: 'The public feed' })
    await frame.getByText('Stored in the browser').waitFor()
    await frame.getByText('isStalefalse').waitFor()
    await expect.poll(() => page.evaluate(storedResults)).toContain('Stored in the browser')

    // Only the files of the app arrive, as from a service worker.
    expectProblem(/Failed to load resource|net::ERR_/)
    await profile.route('**/api/auth/**', route => route.abort())
    await page.routeWebSocket(/sync/, () => {})
    await page.reload()
    await frame.getByText('Stored in the browser').waitFor()
    await frame.getByText('isStaletrue').waitFor()

    await profile.unrouteAll({ behavior: 'wait' })
    const { page: later } = await fixture.openWindow(profile, '/offline')
    await later.getByRole('region', { name: 'The public feed' }).getByText('isStalefalse').waitFor()
  })
  it('shows the tasks of the user before a server answers, and deletes them at the sign-out', async () => {
    const profile = await fixture.openProfile()
    await addTask(await fixture.signUp(profile, person('Ada')), 'Read the letter')
    const { page, expectProblem } = await fixture.openWindow(profile, '/offline')
    const tasks = page.getByRole('region', { name: 'Your tasks' })
    await tasks.getByText('Read the letter').waitFor()
    await tasks.getByText('isStalefalse').waitFor()
    await expect.poll(() => page.evaluate(storedResults)).toContain('Read the letter')

    // Neither Better Auth nor the deployment can be reached. The frame knows the session from the companion cookie.
    expectProblem(/Failed to load resource|net::ERR_/)
    await profile.route('**/api/auth/**', route => route.abort())
    await page.routeWebSocket(/sync/, () => {})
    await page.reload()
    await tasks.getByText('Read the letter').waitFor()
    await tasks.getByText('isStaletrue').waitFor()
    await page.getByText('auth.statusloading').waitFor()

    // Another window reaches both, and signs Ada out. This window still has no connection.
    await profile.unrouteAll({ behavior: 'wait' })
    const { page: live } = await fixture.openWindow(profile, '/offline')
    await live.getByRole('region', { name: 'Your tasks' }).getByText('isStalefalse').waitFor()
    await taskRow(live, 'Read the letter').waitFor()
    await taskRow(page, 'Read the letter').waitFor()
    await live.getByRole('button', { name: 'Sign out' }).click()
    for (const shown of [live, page]) {
      await taskRow(shown, 'Read the letter').waitFor({ state: 'detached' })
      await expect.poll(() => shown.evaluate(storedResults)).not.toContain('Read the letter')
    }

    for (const shown of [live, page]) {
      await shown.reload()
      await shown.getByText('auth.statusunauthenticated').waitFor()
      expect(await shown.getByText('Read the letter').count()).toBe(0)
      expect(await shown.evaluate(storedResults)).not.toContain('Read the letter')
    }
  })
})
