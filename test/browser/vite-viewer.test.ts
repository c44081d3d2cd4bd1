import type { Browser } from 'playwright-core'
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

describe('the data viewer in a browser', () => {
  const createApp = useViteApps()

  it('shows rows, runs a function as a user, and shows it in the log', async () => {
    const app = createApp({ functions: false })
    app.write('convex/tasks.ts', FUNCTIONS)
    app.write('convex/schema.ts', SCHEMA)
    app.write('convex/seed.ts', `import { internalMutation } from './_generated/server'
      export default internalMutation(async (ctx) => { await ctx.db.insert('user', { name: 'Ada', email: 'ada@example.com' }) })\n`)
    const { url } = await app.start({ data: false, seed: 'seed' })
    const page = await browser.newPage({ baseURL: url })
    const problems: string[] = []
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', error => problems.push(error.message))

    await page.goto('/__convue#/functions/tasks%3Aadd')
    await page.getByRole('heading', { name: 'tasks:add' }).waitFor()
    await page.getByLabel('Arguments as JSON').fill('{ "text": "Water the ferns" }')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('heading', { name: 'Result' }).waitFor()
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
})
