import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { OutboxApp } from './outbox/start.ts'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { internal } from '../convex/apps/offline/convex/_generated/api.js'
import { launchBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/environment/eventually.ts'
import { createToken } from '../support/live/tokens.ts'
import { startOutboxApp } from './outbox/start.ts'

/** How often the tab is killed between the commit of a call and its answer. */
const KILLS = Number(process.env.OUTBOX_KILLS ?? 10)

let app: OutboxApp
let browser: Browser
let profile: BrowserContext
const problems: string[] = []
beforeAll(async () => {
  [app, browser] = await Promise.all([startOutboxApp(), launchBrowser()])
})
beforeEach(async () => {
  profile = await browser.newContext()
  await profile.exposeFunction('issueToken', (userId: string) => createToken(userId))
})
afterEach(async () => {
  app.network.cutAfter(null)
  await profile.close()
  expect(problems.splice(0)).toEqual([])
})
afterAll(async () => {
  await browser?.close()
  await app?.close()
})

async function open(user: string): Promise<Page> {
  const page = await profile.newPage()
  page.on('pageerror', error => problems.push(error.stack ?? error.message))
  await page.goto(`${app.url}/?user=${user}`)
  await page.waitForFunction(() => 'outbox' in window)
  return page
}

/** Ends the process of the tab, without an event in the page. */
async function kill(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const session = await profile.newCDPSession(page)
  session.send('Page.crash').catch(() => {})
  await crashed
  await page.close()
}

async function add(page: Page, texts: string[]): Promise<void> {
  await page.evaluate(texts => window.outbox.add(texts), texts)
  await eventually(() => stored(page)).toEqual(expect.arrayContaining(texts))
}

function stored(page: Page): Promise<string[]> {
  return page.evaluate(() => window.outbox.stored())
}

/** The notes of a user, in the order in which they were added. */
async function notesOf(user: string): Promise<string[]> {
  const all = await app.deployment.query(internal.notes.all, {})
  return all.filter(note => note.startsWith(`${user}: `)).map(note => note.slice(user.length + 2))
}

/** The number of calls that have run, including repetitions that have returned a stored result. */
function executions(): number {
  return app.deployment.log.filter(({ name, outcome }) => name === 'notes:add' && outcome === 'success').length
}

/**
 * Until the user's notes are these, and no call is stored. A tab releases its lock after its last
 * change of the database. If the tab were closed before, the next tab would repeat a call that has
 * already run, and the network would count this call.
 */
async function expectSettled(page: Page, user: string, notes: string[]): Promise<void> {
  await eventually(() => page.locator('#notes li').allTextContents()).toEqual(notes)
  await eventually(() => stored(page)).toEqual([])
  await eventually(() => page.evaluate(async () => (await navigator.locks.query()).held)).toEqual([])
  expect(await notesOf(user)).toEqual(notes)
}

describe('indexedDbOutbox', () => {
  it(`runs each call once, in order and as its user, over ${KILLS} killed tabs`, async () => {
    const [ada, bob] = ['ada', 'bob']
    const ofAda: string[] = []
    const ofBob: string[] = []
    let repeated = 0
    for (let round = 0; round < KILLS; round++) {
      const texts = [0, 1, 2].map(index => `${round}-${index}`)
      // The first, the first two or all three calls are committed, and no answer reaches the page.
      const committed = 1 + round % 3
      const before = executions()
      app.network.cutAfter(committed)
      const page = await open(ada)
      await add(page, texts)
      await eventually(executions).toBe(before + committed)
      await kill(page)
      ofAda.push(...texts)

      // The next tab repeats the calls, and is killed too.
      if (round % 2 === 1) {
        app.network.cutAfter(committed)
        const again = await open(ada)
        await eventually(executions).toBe(before + 2 * committed)
        await kill(again)
      }
      // Another user signs in: the calls of the first user neither run nor appear.
      if (round % 4 === 0) {
        app.network.cutAfter(null)
        const other = await open(bob)
        await other.evaluate(text => window.outbox.add([text]), `${round}`)
        ofBob.push(`${round}`)
        await expectSettled(other, bob, ofBob)
        await other.close()
        expect(await notesOf(ada)).toEqual(ofAda.slice(0, ofAda.length - 3 + committed))
      }
      app.network.cutAfter(null)
      const last = await open(ada)
      await expectSettled(last, ada, ofAda)
      await last.close()
      repeated += executions() - before - 3
    }
    expect(await notesOf(ada)).toEqual(ofAda)
    expect(await notesOf(bob)).toEqual(ofBob)
    // Otherwise, no tab would have been killed between a commit and its answer.
    expect(repeated).toBeGreaterThanOrEqual(KILLS)
  }, 60_000 + KILLS * 60_000)

  it('sends from one tab, continues in another when it is closed, and lists the calls in both', async () => {
    app.network.cutAfter(1)
    const first = await open('eve')
    const before = executions()
    await add(first, ['a', 'b'])
    await eventually(executions).toBe(before + 1)
    const second = await open('eve')
    await eventually(() => second.locator('#calls li').allTextContents()).toEqual(['a sending', 'b sending'])
    await add(second, ['c'])
    await eventually(() => first.locator('#calls li').allTextContents()).toEqual(['a sending', 'b sending', 'c sending'])
    expect(executions()).toBe(before + 1)
    app.network.cutAfter(null)
    await first.close()
    await expectSettled(second, 'eve', ['a', 'b', 'c'])
    expect(executions()).toBe(before + 4)
  })
})
