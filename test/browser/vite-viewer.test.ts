import type { Browser, Page } from 'playwright-core'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findViolationsOfEachLook } from '../support/browser/axe.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { useViteApps } from '../vite/vite-app.ts'

const FUNCTIONS = `import { v } from 'convex/values'
import { mutation, query } from './_generated/server'
export const add = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => {
  console.log('Adding', text)
  await ctx.scheduler.runAfter(3_600_000, 'tasks:add', { text: 'later' })
  return await ctx.db.insert('tasks', { text, isDone: false })
} })
export const whoami = query(async ctx => (await ctx.auth.getUserIdentity())?.email ?? 'anonymous')
`

const MAILER = join(import.meta.dirname, '../../src/convex/mail/create-mailer.ts')

/** Functions that store a file and send a mail. */
const DELIVERIES = `import { createMailer } from ${JSON.stringify(MAILER)}
import { internalAction } from './_generated/server'
const send = createMailer()
export const deliver = internalAction(async (ctx) => {
  await ctx.storage.store(new Blob(['A fern'], { type: 'text/plain' }))
  await send({ to: 'ada@example.com', subject: 'Your fern has arrived', text: 'See http://localhost/ferns', html: '<p>See your fern.</p>' })
})
`

const SCHEMA = `import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
export default defineSchema({
  tasks: defineTable({ text: v.string(), isDone: v.boolean() }).index('by_text', ['text']),
  user: defineTable({ name: v.string(), email: v.string() }),
})
`

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

/** Opens a page, and returns a list of the errors in its console. */
async function open(baseURL: string, path: string): Promise<{ page: Page, problems: string[] }> {
  const page = await browser.newPage({ baseURL })
  const problems: string[] = []
  page.on('console', message => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', error => problems.push(error.message))
  await page.goto(path)
  return { page, problems }
}

/** Runs a function of the app from the page of the data viewer. */
async function run(page: Page, name: string, args = '{}'): Promise<void> {
  await page.goto(`/__convue#/functions/${encodeURIComponent(name)}`)
  await page.getByRole('heading', { name }).waitFor()
  await page.getByLabel('Arguments as JSON').fill(args)
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('heading', { name: 'Result' }).waitFor()
}

/** The text of the focused element, and whether it has an outline. */
function focusOf(page: Page): Promise<{ text: string, hasOutline: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement!
    const text = element.getAttribute('aria-label') ?? element.textContent.trim()
    return { text, hasOutline: getComputedStyle(element).outlineStyle !== 'none' }
  })
}

describe('the data viewer in a browser', () => {
  const createApp = useViteApps()

  it('shows rows, runs a function as a user, and shows it in the log', async () => {
    const app = createApp({ functions: false })
    app.write('convex/tasks.ts', FUNCTIONS)
    app.write('convex/schema.ts', SCHEMA)
    app.write('convex/crons.ts', `import { anyApi, cronJobs } from 'convex/server'
      const crons = cronJobs()
      crons.daily('nightly', { hourUTC: 3 }, anyApi.tasks.add, { text: 'Nightly' })
      export default crons\n`)
    app.write('convex/seed.ts', `import { internalMutation } from './_generated/server'
      export default internalMutation(async (ctx) => { await ctx.db.insert('user', { name: 'Ada', email: 'ada@example.com' }) })\n`)
    const { url } = await app.start({ data: false, seed: 'seed' })
    const { page, problems } = await open(url, '/__convue')
    await run(page, 'tasks:add', '{ "text": "Water the ferns" }')
    expect(await findViolationsOfEachLook(page)).toEqual([])

    await page.getByRole('link', { name: 'tasks:whoami' }).click()
    await page.getByLabel('Run as').selectOption('ada@example.com')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText('ada@example.com', { exact: true }).last().waitFor()
    await page.locator('pre', { hasText: 'ada@example.com' }).waitFor()

    await page.getByRole('link', { name: 'Log' }).click()
    await page.getByRole('row', { name: /tasks:add .*'Adding' 'Water the ferns'/ }).waitFor()
    await page.getByLabel('Filter').fill('whoami')
    await page.getByRole('button', { name: 'tasks:add' }).waitFor({ state: 'detached' })
    expect(await findViolationsOfEachLook(page)).toEqual([])

    await page.getByRole('link', { name: 'Scheduled' }).click()
    await page.getByRole('cell', { name: 'pending' }).waitFor()
    await page.getByRole('region', { name: 'Cron jobs' }).getByRole('row', { name: /^nightly tasks:add daily at 03:00 UTC .* has not run yet$/ }).waitFor()
    expect(await findViolationsOfEachLook(page)).toEqual([])

    await page.getByRole('link', { name: 'Tables' }).click()
    await page.getByRole('link', { name: 'tasks' }).press('Enter')
    await page.getByRole('cell', { name: 'Water the ferns' }).waitFor()
    await page.getByLabel('Index').selectOption('by_text')
    expect(await findViolationsOfEachLook(page)).toEqual([])
    await page.getByRole('cell').first().getByRole('button').click()
    await page.getByRole('dialog').getByText('"isDone": false').waitFor()
    expect(await findViolationsOfEachLook(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(problems).toEqual([])
  })

  it('shows files and mails, without axe violations', async () => {
    const app = createApp({ functions: false })
    app.write('convex/deliveries.ts', DELIVERIES)
    const { url } = await app.start({ data: false })
    const { page, problems } = await open(url, '/__convue#/files')
    await page.getByText('No files are stored.').waitFor()
    expect(await findViolationsOfEachLook(page)).toEqual([])
    await page.getByRole('link', { name: 'Mails' }).click()
    await page.getByText('No mails yet').waitFor()
    expect(await findViolationsOfEachLook(page)).toEqual([])

    await run(page, 'deliveries:deliver')
    await page.getByRole('link', { name: 'Files' }).click()
    await page.getByRole('row', { name: /text\/plain 6 bytes/ }).waitFor()
    expect(await findViolationsOfEachLook(page)).toEqual([])
    const [file] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: /^Open / }).click()])
    await file.getByText('A fern').waitFor()

    await page.getByRole('link', { name: 'Mails' }).click()
    const mailLink = page.getByRole('link', { name: 'Your fern has arrived' })
    await mailLink.waitFor()
    expect(await findViolationsOfEachLook(page)).toEqual([])
    const [mail] = await Promise.all([page.waitForEvent('popup'), mailLink.click()])
    await mail.getByRole('heading', { name: 'Your fern has arrived' }).waitFor()
    expect(await findViolationsOfEachLook(mail)).toEqual([])
    await mail.getByRole('link', { name: 'All mails' }).click()
    await mail.getByRole('heading', { name: 'Mailbox' }).waitFor()
    expect(await findViolationsOfEachLook(mail)).toEqual([])
    expect(problems).toEqual([])
  })

  it('works with the keyboard alone, and shows the focus', async () => {
    const app = createApp({ functions: false })
    app.write('convex/tasks.ts', FUNCTIONS)
    app.write('convex/schema.ts', SCHEMA)
    const { url } = await app.start({ data: false })
    await run((await open(url, '/__convue')).page, 'tasks:add', '{ "text": "Water the ferns" }')
    const { page } = await open(url, '/__convue#/tables/user')
    await page.getByText('The table is empty.').waitFor()

    const press = async (key: string): Promise<string> => {
      await page.keyboard.press(key)
      const { text, hasOutline } = await focusOf(page)
      expect(hasOutline, text).toBe(true)
      return text
    }
    const sections = ['Tables', 'Files', 'Log', 'Scheduled', 'Functions', 'Mails']
    for (const section of sections)
      expect(await press('Tab')).toBe(section)
    expect(await press('Tab')).toBe('tasks')

    // The link keeps the focus, although the list of tables is shown again.
    await page.keyboard.press('Enter')
    await page.getByRole('cell', { name: 'Water the ferns' }).waitFor()
    await expect.poll(() => focusOf(page)).toEqual({ text: 'tasks', hasOutline: true })

    expect(await press('Tab')).toBe('user')
    const reached: string[] = []
    for (let count = 0; count < 4; count++)
      reached.push(await press('Tab'))
    expect(reached.slice(2)).toEqual(['Reload', 'Rows of tasks'])
    const id = await press('Tab')
    expect(id).toMatch(/^[a-z\d]+$/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('"isDone": false').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect((await focusOf(page)).text).toBe(id)
  })

  it('keeps the focus and the scroll position in a log that grows', async () => {
    const app = createApp({ functions: false })
    app.write('convex/tasks.ts', FUNCTIONS)
    app.write('convex/schema.ts', SCHEMA)
    const { url } = await app.start({ data: false })
    const { page } = await open(url, '/__convue')
    await page.setViewportSize({ width: 360, height: 800 })
    await run(page, 'tasks:whoami')
    await page.getByRole('link', { name: 'Log' }).click()
    const entry = page.getByRole('button', { name: 'tasks:whoami' })
    await entry.focus()
    const region = page.getByRole('region', { name: 'Log' })
    await region.evaluate(element => element.scrollTo(120, 0))

    const other = await open(url, '/__convue')
    await run(other.page, 'tasks:add', '{ "text": "Water the ferns" }')
    await page.getByRole('button', { name: 'tasks:add' }).waitFor()
    expect((await focusOf(page)).text).toBe('tasks:whoami')
    expect(await region.evaluate(element => element.scrollLeft)).toBe(120)
  })
})
