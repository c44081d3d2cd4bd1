import type { BrowserContext, FrameLocator, Locator } from 'playwright-core'
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

/** Opens the page of the tasks as a user with one task, and the inspector over it. */
async function openTasks(): Promise<Window & { profile: BrowserContext, devtools: FrameLocator }> {
  const profile = await fixture.openProfile({ width: 1280, height: 1000 })
  await fixture.signUp(profile, person('Ada'))
  const window = await fixture.openWindow(profile, '/tasks')
  await window.page.getByText('authenticated as Ada').waitFor()
  await addTask(window, 'Water the ferns')
  await taskRow(window.page, 'Water the ferns').waitFor()
  const devtools = await openInspector(window)
  await devtools.getByText('next renewal in').waitFor()
  return { ...window, profile, devtools }
}

async function addTask({ page }: Pick<Window, 'page'>, text: string): Promise<void> {
  await page.getByLabel('New task').fill(text)
  await page.getByLabel('New task').press('Enter')
}

/** Shows the children of a node of the tree. A click on a name would show the details of the node instead. */
async function expand(devtools: FrameLocator, name: string): Promise<void> {
  await devtools.getByText(name, { exact: true }).first().locator('xpath=../../i').click()
}

/** Clicks the button that has a tooltip with this text. The buttons of DevTools have no names. */
async function press(devtools: FrameLocator, tooltip: string): Promise<void> {
  const buttons = devtools.locator('.v-popper--has-tooltip:has(svg.custom-svg)')
  const shown = devtools.locator('.v-popper__popper--shown')
  for (const button of await buttons.all()) {
    await button.hover()
    // The tooltip of the previous button disappears with a delay.
    await expect.poll(async () => await shown.count()).toBe(1)
    if ((await shown.textContent())!.startsWith(tooltip))
      return await button.locator('svg').click()
  }
  throw new Error(`No button of the inspector has the tooltip "${tooltip}".`)
}

/** The row of the tree with a client of this name, such as `user`. */
function connectionOf(devtools: FrameLocator, name: string): Locator {
  return devtools.getByText(new RegExp(`^${name} \\d+$`)).first()
}

describe('Vue DevTools', () => {
  it('show the queries of the page, with the cause of their last change', async () => {
    const { devtools } = await openTasks()
    await expand(devtools, 'Auth')
    await devtools.getByText('current state').waitFor()
    await expand(devtools, 'Queries')
    await devtools.getByText(/^tasks:list \{/).first().click()
    await devtools.getByText('tasks:add of this page').waitFor()
    const text = await devtools.locator('body').textContent()
    expect(text).toMatch(/auth mode\s*:\s*required/)
    expect(text).not.toContain('eyJ')
  })

  it('show the size of a list, and the cause of its last change', async () => {
    const profile = await fixture.openProfile({ width: 1280, height: 1000 })
    await fixture.signUp(profile, person('Ada'))
    const window = await fixture.openWindow(profile, '/pagination')
    await window.page.getByText('Nothing seen yet').waitFor()
    await window.page.getByLabel('Bird').fill('Wren')
    await window.page.getByLabel('Bird').press('Enter')
    await window.page.getByRole('button', { name: 'Remove Wren' }).waitFor()
    const devtools = await openInspector(window)
    await expand(devtools, 'Lists')
    await devtools.getByText(/^sightings:page \{/).last().click()
    await devtools.getByText('sightings:add of this page').waitFor()
    expect(await devtools.locator('body').textContent()).toMatch(/size\s*:\s*\d+\sbytes/)
  })

  it('show the state of the user and of each connection', async () => {
    const { devtools } = await openTasks()
    expect(await devtools.locator('body').textContent()).toMatch(/status\s*:\s*authenticated/)
    await expand(devtools, 'Connections')
    await connectionOf(devtools, 'user').click()
    await devtools.getByText('isWebSocketConnected').waitFor()
    expect(await devtools.locator('body').textContent()).toMatch(/isWebSocketConnected\s*:\s*true/)
  })

  it('show a call and a sign-out on the timeline, and link to the documentation', async () => {
    const window = await openTasks()
    const { page, devtools } = window
    await devtools.getByText('Timeline', { exact: true }).click()
    await devtools.locator('.recording-btn').click()
    await addTask(window, 'Call Grace')
    await devtools.getByText('settled: success').first().waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await devtools.getByText('auth: signedOut').first().waitFor()
    await devtools.getByText(/socket of user \d+/).first().waitFor()
    await devtools.getByText(/transition, [\d.]+ ms/).first().waitFor()
    await devtools.getByText('About', { exact: true }).click()
    expect(await devtools.getByText('View Documentation').getAttribute('href')).toMatch(/\/guides\/devtools$/)
  })
})

describe('a button of the inspector', () => {
  it('requests the session and a new token', async () => {
    const { devtools, authRequests } = await openTasks()
    authRequests.length = 0
    await press(devtools, 'Request the session and a new token')
    await expect.poll(() => authRequests).toEqual(['get-session', 'convex/token'])
  })

  it('expires the token, which the page replaces while it keeps its data', async () => {
    const { page, devtools, authRequests, sent, frames } = await openTasks()
    authRequests.length = 0
    const { length } = sent[0]!
    const { length: before } = await frames()
    await press(devtools, 'Expire the token')
    await expect.poll(() => sent[0]!.slice(length)).toEqual(['Authenticate'])
    expect(authRequests).toEqual(['convex/token'])
    await page.getByText('authenticated as Ada').waitFor()
    const since = (await frames()).slice(before)
    expect(since.map(({ status }) => status)).toContain('refreshing as Ada')
    expect(since.filter(({ rows, offersSignIn }) => offersSignIn || rows.length !== 1)).toEqual([])
    expect(sent).toHaveLength(1)
  })

  it('disconnects all sockets, which connect again with the data of the page', async () => {
    const window = await openTasks()
    const { page, devtools, sent } = window
    await press(devtools, 'Disconnect all sockets')
    await expect.poll(() => sent).toHaveLength(2)
    await expect.poll(() => sent[1]).toEqual(['Connect', 'Authenticate', 'ModifyQuerySet'])
    await addTask(window, 'Call Grace')
    await taskRow(page, 'Call Grace').waitFor()
  })

  it('slows down the messages of the deployment', async () => {
    const window = await openTasks()
    const { page, devtools } = window
    const notes: string[] = []
    page.on('console', message => message.text().startsWith('[convue]') && notes.push(message.text()))
    await press(devtools, 'Slow down')
    await press(devtools, 'Slow down')
    await expect.poll(() => notes.at(-1)).toContain('2000 ms later')
    const startedAt = performance.now()
    await addTask(window, 'Call Grace')
    await taskRow(page, 'Call Grace').waitFor()
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(2000)

    await press(devtools, 'Slow down')
    await expect.poll(() => notes.at(-1)).toContain('at once')
    await addTask(window, 'Feed the cat')
    await taskRow(page, 'Feed the cat').waitFor()
  })

  it('signs out', async () => {
    const { page, devtools, authRequests } = await openTasks()
    await press(devtools, 'Sign out')
    await page.getByText('Each task belongs to a user').waitFor()
    expect(authRequests).toContain('sign-out')
    await devtools.locator('body').getByText('anonymous', { exact: true }).first().waitFor()
  })

  it('fetches the selected query again', async () => {
    const { devtools, sent } = await openTasks()
    await expand(devtools, 'Queries')
    await devtools.getByText(/^tasks:list \{/).first().click()
    await devtools.getByText('tasks:add of this page').waitFor()
    const { length } = sent[0]!
    await press(devtools, 'Invalidate the query')
    await expect.poll(() => sent[0]!.slice(length)).toEqual(['ModifyQuerySet', 'ModifyQuerySet'])
  })

  it('disconnects the selected client', async () => {
    const { devtools, sent } = await openTasks()
    await expand(devtools, 'Connections')
    await connectionOf(devtools, 'user').click()
    await devtools.getByText('isWebSocketConnected').waitFor()
    await press(devtools, 'Disconnect this client')
    await expect.poll(() => sent).toHaveLength(2)
    await devtools.getByText('connected', { exact: true }).waitFor()
  })
})
